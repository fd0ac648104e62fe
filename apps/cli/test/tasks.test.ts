import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task, TaskEvent, TaskPage } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, type Dev } from './support/dev.ts';

const HANDLERS = fileURLToPath(new URL('support/handlers.ts', import.meta.url));
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let dev: Dev;

beforeAll(async () => {
  const types = 'generate.login,sleep,test.greet,http.request';
  const env = { MAYFLY_WEBHOOK_SECRET: 'a secret of thirty-two characters or more' };
  dev = await startDev(['--handlers', HANDLERS, '--types', types], env);
});

afterAll(() => dev.stop());

/** Runs a command that must go well, and reads what it prints. */
async function json<T>(...args: string[]): Promise<T> {
  const end = await dev.cli([...args, '--json']);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(end.stdout) as T;
}

async function submit(...args: string[]): Promise<string> {
  const { stdout, code } = await dev.cli(['submit', ...args]);
  expect(code).toBe(0);
  expect(stdout.trimEnd()).toMatch(UUID);
  return stdout.trimEnd();
}

describe('submit', () => {
  test('sends every flag', async () => {
    const task = await json<Task>(
      'submit',
      'sleep',
      '--params',
      '{"ms":1}',
      '--ttl',
      '1.5s',
      '--grace',
      '500ms',
      '--queue',
      'later',
      '--priority',
      '-3',
      '--description',
      'a nap',
      '--delay',
      '1h',
      '--queue-ttl',
      '2h',
      '--total-ttl',
      '1d',
      '--retries',
      '2',
      '--label',
      'customer=42',
      '--label',
      'a=b=c',
    );
    expect(task).toMatchObject({
      type: 'sleep',
      status: 'scheduled',
      params: { ms: 1 },
      ttlMs: 1500,
      graceMs: 500,
      queue: 'later',
      priority: -3,
      description: 'a nap',
      queueTtlMs: 7_200_000,
      totalTtlMs: 86_400_000,
      retry: { maxAttempts: 3 },
      labels: { customer: '42', a: 'b=c' },
    });
  });

  test('params come from a file or from stdin', async () => {
    writeFileSync(join(dev.folder, 'params.json'), '{"length":3}');
    const fromFile = await json<Task>('submit', 'generate.login', '--params', '@params.json');
    expect(fromFile.params).toEqual({ length: 3 });
    const { stdout } = await dev.cli(['submit', 'generate.login', '--params', '-', '--json'], {
      input: '{"length":4}',
    });
    expect(JSON.parse(stdout)).toMatchObject({ params: { length: 4 } });
  });

  test('a task can wait for others, and tell of its end', async () => {
    const first = await submit('sleep', '--delay', '1h', '--params', '{"ms":1}');
    const flags = ['--after-policy', 'run-anyway', '--webhook', 'https://example.com/done'];
    flags.push('--webhook-on', 'failed,expired', '--after', first);
    const task = await json<Task>('submit', 'sleep', '--params', '{"ms":1}', ...flags);
    expect(task).toMatchObject({
      status: 'scheduled',
      after: [first],
      afterPolicy: 'run-anyway',
      webhook: { url: 'https://example.com/done', events: ['failed', 'expired'] },
    });
    const wrong = [
      [['--webhook-on', 'done', '--webhook', 'https://example.com'], 'Give some of completed'],
      [['--webhook-on', 'failed'], '/webhook/url'],
      [['--webhook', 'nowhere'], '/webhook/url must be a complete http or https address'],
    ] as const;
    for (const [bad, told] of wrong) {
      const end = await dev.cli(['submit', 'sleep', '--params', '{"ms":1}', ...bad]);
      expect(end.code).toBe(1);
      expect(end.stderr).toContain(told);
    }
  });

  test('a repeated idempotency key gets the first task', async () => {
    const args = ['generate.login', '--idempotency-key', randomUUID()];
    expect(await submit(...args)).toBe(await submit(...args));
  });

  test.each([
    [['generate.login', '--params', '{"length":5}'], 0, /status +completed[\s\S]*"login": "\w{5}"/],
    [
      ['sleep', '--params', '{"ms":60000}', '--ttl', '50ms'],
      124,
      /status +expired[\s\S]*ttl, (dead after|not confirmed)/,
    ],
    [
      ['http.request', '--params', '{"url":"http://127.0.0.1/"}'],
      1,
      /status +failed[\s\S]*http\.refused_address/,
    ],
  ])('--wait %j shows the end and exits with %i', async (args, code, shown) => {
    const end = await dev.cli(['submit', ...args, '--wait']);
    expect(end.stdout).toMatch(shown);
    expect(end.code).toBe(code);
  });

  test('--wait --json prints one document', async () => {
    const args = ['submit', 'generate.login', '--params', '{"length":5}', '--wait'];
    await expect(json<Task>(...args)).resolves.toMatchObject({ status: 'completed' });
  });

  test('what the server refuses is one line that names the field', async () => {
    const end = await dev.cli(['submit', 'sleep', '--params', '{"ms":"long"}']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toMatch(/^mayfly: .*\/params\/ms.*\n$/);
    const unknown = await dev.cli(['submit', 'slep']);
    expect(unknown.stderr).toMatch(/^mayfly: .*slep.*generate\.login.*\n$/);
  });
});

describe('looking', () => {
  test('ls filters, pages and lists all', async () => {
    const queue = `ls-${randomUUID()}`;
    const ids: string[] = [];
    for (const shelf of ['one', 'two', 'three']) {
      ids.push(
        await submit(
          'sleep',
          '--params',
          '{"ms":1}',
          '--queue',
          queue,
          '--label',
          `shelf=${shelf}`,
          '--delay',
          '1h',
        ),
      );
    }
    const ls = ['tasks', 'ls', '--queue', queue];
    const page = await json<TaskPage>(...ls, '--limit', '2');
    expect(page.items.map((task) => task.id)).toEqual([ids[2], ids[1]]);
    const rest = await json<TaskPage>(...ls, '--cursor', page.nextCursor ?? '');
    expect(rest.items.map((task) => task.id)).toEqual([ids[0]]);
    const labelled = await json<TaskPage>(
      ...ls,
      '--label',
      'shelf=two',
      '--status',
      'scheduled,pending',
    );
    expect(labelled.items.map((task) => task.id)).toEqual([ids[1]]);
    const young = await json<TaskPage>(...ls, '--created-after', '1h', '--type', 'sleep');
    expect(young.items).toHaveLength(3);
    const old = await json<TaskPage>(...ls, '--created-before', '1h');
    expect(old.items).toHaveLength(0);

    const all = await dev.cli([...ls, '--all', '--json']);
    const lines = all.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Task);
    expect(lines.map((task) => task.id)).toEqual(ids.toReversed());

    const table = await dev.cli([...ls, '--limit', '2']);
    expect(table.stdout).toMatch(/^ID +STATUS +TYPE +QUEUE +TRY +CREATED/);
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(table.stderr).toMatch(/There are more: --all, or --cursor \S+\.$/m);
  });

  test('show tells everything, and keeps controls away from the terminal', async () => {
    const id = await submit(
      'sleep',
      '--params',
      '{"ms":60000}',
      '--ttl',
      '50ms',
      '--description',
      'red \u001b[31m',
    );
    await dev.client.wait(id);
    const { stdout } = await dev.cli(['tasks', 'show', id]);
    expect(stdout).toContain('description  red \\x1b[31m');
    expect(stdout).toMatch(/lifetimes +ttl 50ms/);
    expect(stdout).toMatch(/error +attempt\.ttl_exceeded: /);
    expect(stdout).toMatch(/1 +expired +\S+ +\S+ +\S+ +ttl, (dead after|not confirmed)/);
    const document = await json<Task & { attempts: unknown[] }>('tasks', 'show', id);
    expect(document).toMatchObject({
      id,
      status: 'expired',
      attempts: [{ number: 1, stop: { reason: 'ttl' } }],
    });
  });

  test('an unknown id, and an id that is none', async () => {
    for (const command of ['show', 'logs', 'watch', 'cancel', 'retry', 'rm']) {
      const unknown = await dev.cli(['tasks', command, randomUUID()]);
      expect(unknown).toMatchObject({ code: 1, stdout: '' });
      expect(unknown.stderr).toMatch(/^mayfly: There is no task .*\n$/);
    }
    const none = await dev.cli(['tasks', 'show', 'x']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toMatch(/^mayfly: .*id.*\n$/);
  });

  test('logs, of a finished task and live', async () => {
    const id = await submit('test.greet', '--params', '{"name":"you"}', '--delay', '500ms');
    const live = await dev.cli(['tasks', 'logs', id, '--follow']);
    expect(live).toMatchObject({ code: 0, stdout: 'hello you\n', stderr: '' });
    const later = await dev.cli(['tasks', 'logs', id]);
    expect(later).toMatchObject({ code: 0, stdout: 'hello you\n', stderr: '' });
    const { stdout } = await dev.cli(['tasks', 'logs', id, '--follow', '--json']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'output', stream: 'log', text: 'hello you\n' }),
    );
    expect(events.at(-1)).toMatchObject({ kind: 'end', status: 'completed' });
  });

  test('watch follows one task to its end', async () => {
    const id = await submit('sleep', '--params', '{"ms":400}', '--delay', '1h');
    const watch = dev.start(['tasks', 'watch', id]);
    await watch.shows(/^scheduled$/m);
    await dev.client.change(id, { runAt: new Date().toISOString() });
    const { stdout, code } = await watch.end;
    expect(stdout).toMatch(/^scheduled\n(pending\n)?(running.*\n)+completed\n$/);
    expect(code).toBe(0);
  });

  test('watch shows what happens, as lines of JSON', async () => {
    const watch = dev.start(['tasks', 'watch', '--queue', 'watched', '--json']);
    // The stream does not tell when it has begun.
    const seen = watch.shows(/\{.*"status":"completed".*\}/);
    const over = new AbortController();
    const sending = (async () => {
      while (!over.signal.aborted) {
        await dev.client.wait(await submit('generate.login', '--queue', 'watched'));
      }
    })();
    const [line] = await seen;
    over.abort();
    await sending;
    expect(JSON.parse(line) as TaskEvent).toMatchObject({
      type: 'generate.login',
      queue: 'watched',
      attempt: 1,
    });
    watch.kill('SIGINT');
    await watch.end;
  });

  test('types, runtimes, workers, stats', async () => {
    const types = await json<{ items: { name: string }[] }>('types');
    expect(types.items.map((type) => type.name)).toContain('test.greet');
    expect((await dev.cli(['types'])).stdout).toMatch(/^test\.greet +inline +Greets somebody\.$/m);
    await expect(json('runtimes')).resolves.toEqual({ items: [] });
    expect((await dev.cli(['runtimes'])).stderr).toContain(
      'No worker that is online can run code.',
    );
    await expect(json('workers')).resolves.toMatchObject({ items: [{ state: 'online' }] });
    expect((await dev.cli(['workers'])).stdout).toMatch(/ online +\d\/\d+ /);
    await expect(json('stats')).resolves.toMatchObject({ workers: { online: 1 } });
    expect((await dev.cli(['stats'])).stdout).toMatch(/^completed +\d+$/m);
  });
});

describe('acting', () => {
  const waiting = ['sleep', '--params', '{"ms":1}', '--delay', '1h'];

  test('cancel, retry and rm by id; what is refused does not hold up the rest', async () => {
    const ids = [await submit(...waiting), await submit(...waiting)];
    const cancelled = await dev.cli(['tasks', 'cancel', ...ids]);
    expect(cancelled).toMatchObject({ code: 0, stderr: '' });
    expect(cancelled.stdout).toBe(ids.map((id) => `${id} is cancelled\n`).join(''));

    const again = await dev.cli(['tasks', 'cancel', ...ids]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(again.stderr).toMatch(/^mayfly: \S+: The task is cancelled already/);

    const retried = await json<{ items: Task[] }>('tasks', 'retry', ids[0] ?? '');
    expect(retried.items).toMatchObject([{ id: ids[0] }]);
    await dev.client.wait(ids[0] ?? '');
    const removed = await dev.cli(['tasks', 'rm', ...ids]);
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    await expect(dev.client.get(ids[0] ?? '')).rejects.toMatchObject({ code: 'task.not_found' });
  });

  test('a running task is told to stop', async () => {
    const id = await submit('sleep', '--params', '{"ms":60000}');
    await expect
      .poll(() => dev.client.status(id), { timeout: 30_000 })
      .toMatchObject({ status: 'running' });
    const { stdout } = await dev.cli(['tasks', 'cancel', id]);
    expect(stdout).toMatch(/ is (told to stop|cancelled)\n$/);
    await expect(dev.client.wait(id)).resolves.toMatchObject({ status: 'cancelled' });
  });

  test('cancel and retry by filter', async () => {
    const queue = `act-${randomUUID()}`;
    for (let count = 0; count < 3; count++) await submit(...waiting, '--queue', queue);
    const cancelled = await dev.cli(['tasks', 'cancel', '--queue', queue]);
    expect(cancelled.stdout).toBe('3 tasks are cancelled, or told to stop\n');
    await expect(json('tasks', 'retry', '--queue', queue)).resolves.toEqual({
      matched: 3,
      changed: 3,
    });
  });

  test('ids and flags together are refused', async () => {
    const end = await dev.cli(['tasks', 'cancel', randomUUID(), '--queue', 'x']);
    expect(end.stderr).toMatch(/^mayfly: Give ids, or flags that choose tasks, or --all\.\n$/);
  });
});

describe('keys', () => {
  test('create prints the key alone; it works, and rm ends it', async () => {
    const create = ['keys', 'create', 'a reader', '--claims', 'tasks:read'];
    const made = await dev.cli([...create, '--expires', '1d']);
    expect(made.stdout).toMatch(/^mf_\S+\n$/);
    const env = { MAYFLY_API_KEY: made.stdout.trim() };
    expect(await dev.cli(['tasks', 'ls', '--json'], { env })).toMatchObject({ code: 0 });
    const refused = await dev.cli(['submit', 'sleep'], { env });
    expect(refused.stderr).toMatch(/^mayfly: This API key lacks the claim tasks:write/);
    const worker = await dev.cli(['worker', '--types', 'sleep'], { env });
    expect(worker.code).toBe(1);
    expect(worker.stderr).toMatch(/lacks the claim worker/);

    const { items } = await json<{ items: { id: string; name: string }[] }>('keys', 'ls');
    const id = items.find((key) => key.name === 'a reader')?.id ?? '';
    expect((await dev.cli(['keys', 'ls'])).stdout).toMatch(/a reader +mf_\S+ +tasks:read/);
    expect(await dev.cli(['keys', 'rm', id])).toMatchObject({ code: 0 });
    const gone = await dev.cli(['tasks', 'ls'], { env });
    expect(gone.stderr).toMatch(/^mayfly: The server does not know this API key/);
  });

  test('an unknown claim is refused here', async () => {
    const end = await dev.cli(['keys', 'create', 'x', '--claims', 'root']);
    expect(end.stderr).toMatch(/^mayfly: .*root is none of tasks:read, /);
  });
});
