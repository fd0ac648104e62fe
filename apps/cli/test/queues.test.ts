import type { Explanation, QueueView, Task } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, type Dev } from './support/dev.ts';

let dev: Dev;

beforeAll(async () => {
  dev = await startDev(['--types', 'generate.login,sleep']);
});

afterAll(() => dev.stop());

async function json<T>(...args: string[]): Promise<T> {
  const end = await dev.cli([...args, '--json']);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(end.stdout) as T;
}

describe('queues', () => {
  test('set, show and ls tell the limits', async () => {
    const flags = ['--concurrency', '5', '--rate', '100/1m', '--key-rate', '2/1s'];
    const set = await json<QueueView>('queues', 'set', 'mail', ...flags);
    expect(set).toMatchObject({
      name: 'mail',
      concurrency: 5,
      rateLimit: { count: 100, perMs: 60_000 },
      keyConcurrency: null,
      keyRateLimit: { count: 2, perMs: 1000 },
    });
    const less = await dev.cli(['queues', 'set', 'mail', '--rate', 'none']);
    expect(less.stdout).toContain('5 at once, 2 in 1.0s a key');
    const shown = (await dev.cli(['queues', 'show', 'mail'])).stdout;
    const timeless = (text: string): string => text.replace(/^per second.*\n/m, '');
    expect(timeless(shown)).toBe(timeless(less.stdout));
    expect((await dev.cli(['queues', 'ls'])).stdout).toMatch(/mail +open +0 +0/);
  });

  test('set keeps finished tasks for a time of their own, or the default', async () => {
    const set = await dev.cli(['queues', 'set', 'brief', '--retention', '7d']);
    expect(set.stdout).toMatch(/^kept +7d 0h$/m);
    const none = await json<QueueView>('queues', 'set', 'brief', '--retention', 'none');
    expect(none).toMatchObject({ name: 'brief', retentionMs: null });
    const end = await dev.cli(['queues', 'set', 'brief', '--retention', '2h']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('retentionMs');
  });

  test('pause holds tasks, explain says so, and resume lets them go', async () => {
    await json('submit', 'generate.login', '--queue', 'held', '--wait');
    expect((await dev.cli(['queues', 'pause', 'held'])).stdout).toBe('held is paused\n');
    const flags = ['--queue', 'held', '--concurrency-key', 'k'];
    const { stdout } = await dev.cli(['submit', 'generate.login', ...flags]);
    const id = stdout.trim();
    const { reasons } = await json<Explanation>('tasks', 'explain', id);
    expect(reasons[0]?.code).toBe('wait.queue_paused');
    const told = await dev.cli(['tasks', 'explain', id]);
    expect(told.stdout).toMatch(/^The queue held is paused\. wait\.queue_paused\n/);
    await dev.cli(['queues', 'resume', 'held']);
    expect((await dev.cli(['tasks', 'watch', id])).code).toBe(0);
    expect((await json<Explanation>('tasks', 'explain', id)).reasons[0]?.code).toBe(
      'end.completed',
    );
  });

  test('submit answers a unique key with the task that has it', async () => {
    const args = ['submit', 'sleep', '--params', '{"ms":1}', '--delay', '1h', '--unique', 'u'];
    const first = await json<Task>(...args);
    expect((await json<Task>(...args)).id).toBe(first.id);
  });

  test('wrong limits and unknown queues are told', async () => {
    for (const args of [['--concurrency', '0'], ['--rate', '5'], ['--rate', 'x/1m'], []]) {
      const end = await dev.cli(['queues', 'set', 'wrong', ...args]);
      expect(end.code).toBe(1);
      expect(end.stderr).toMatch(/^(mayfly|error): /);
    }
    const end = await dev.cli(['queues', 'pause', 'none']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('There is no queue none.');
  });
});
