import { randomUUID } from 'node:crypto';
import { isFinal, jsonToBytes } from '@mayfly/contracts';
import type { WatchEvent } from '@mayfly/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMayfly, type Mayfly } from './support/mayfly.ts';

let mayfly: Mayfly;

beforeAll(async () => {
  mayfly = await startMayfly();
});

afterAll(() => mayfly.stop());

const login = { type: 'generate.login', params: { length: 5 }, ttlMs: 5000 };
const long = { type: 'sleep', params: { ms: 60_000 }, ttlMs: 120_000 };

describe('submitting and reading', () => {
  test('a task from submission to result', async () => {
    const { client } = mayfly;
    const task = await client.submit({ ...login, labels: { shelf: 'one' } });
    expect(task.id).toMatch(/^[0-9a-f-]{36}$/);
    const done = await client.wait(task.id);
    expect(done).toMatchObject({ id: task.id, status: 'completed', attempt: 1 });
    expect(done.result).toMatchObject({ login: expect.stringMatching(/^\w{5}$/) });
    await expect(client.get(task.id)).resolves.toEqual(done);
    await expect(client.status(task.id)).resolves.toMatchObject({ status: 'completed' });
    await expect(client.result(task.id)).resolves.toMatchObject({ result: done.result });
    await expect(client.attempts(task.id)).resolves.toMatchObject([
      { number: 1, outcome: 'completed', stop: null },
    ]);
  });

  test('a repeated idempotency key gets the first task', async () => {
    const idempotencyKey = randomUUID();
    const first = await mayfly.client.submit(login, { idempotencyKey });
    const second = await mayfly.client.submit(login, { idempotencyKey });
    expect(second.id).toBe(first.id);
    await expect(
      mayfly.client.submit({ ...login, ttlMs: 1 }, { idempotencyKey }),
    ).rejects.toMatchObject({ code: 'idempotency.conflict' });
  });

  test('a batch keeps its order, and is refused as a whole with the index of the bad item', async () => {
    const { client } = mayfly;
    const batch = [1, 2, 3].map((priority) => ({ ...login, priority }));
    const tasks = await client.submitBatch(batch);
    expect(tasks.map((task) => task.priority)).toEqual([1, 2, 3]);
    await expect(client.submitBatch([login, { ...login, ttlMs: 0 }])).rejects.toMatchObject({
      code: 'request.invalid',
      errors: [{ pointer: '/tasks/1/ttlMs' }],
    });
  });

  test('a batch has the task that holds a unique key in place of others with the key', async () => {
    const keyed = { ...login, delayMs: 3_600_000, unique: { key: randomUUID() } };
    const [first, second] = await mayfly.client.submitBatch([keyed, keyed]);
    expect(second?.id).toBe(first?.id);
    await expect(mayfly.client.submit(keyed)).resolves.toMatchObject({ id: first?.id });
  });

  test('pages and all of them', async () => {
    const { client } = mayfly;
    const queue = `pages-${randomUUID()}`;
    await client.submitBatch(Array.from({ length: 7 }, () => ({ ...login, queue })));
    const page = await client.list({ queue, limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(page.nextCursor).not.toBeNull();
    const ids = new Set<string>();
    for await (const task of client.listAll({ queue, limit: 3 })) ids.add(task.id);
    expect(ids.size).toBe(7);
  });

  test('wait gives up after its time, with the status', async () => {
    const { id } = await mayfly.client.submit(long);
    await expect(mayfly.client.wait(id, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'task.not_finished',
      extra: { currentStatus: expect.stringMatching(/pending|running/) },
    });
    await mayfly.client.cancel(id);
  });

  test('wait ends with its signal', async () => {
    const { id } = await mayfly.client.submit(long);
    const stop = new AbortController();
    const waiting = mayfly.client.wait(id, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await mayfly.client.cancel(id);
  });
});

describe('changing', () => {
  test('cancel, retry, delete', async () => {
    const { client } = mayfly;
    const { id } = await client.submit(long);
    await expect(client.delete(id)).rejects.toMatchObject({ code: 'task.not_finished' });
    await client.cancel(id);
    await expect(client.wait(id)).resolves.toMatchObject({ status: 'cancelled' });
    await expect(client.cancel(id)).rejects.toMatchObject({
      code: 'task.already_finished',
      extra: { currentStatus: 'cancelled' },
    });
    await expect(client.retry(id)).resolves.toMatchObject({ id });
    await client.cancel(id);
    await client.wait(id);
    await expect(client.delete(id)).resolves.toBeUndefined();
    await expect(client.get(id)).rejects.toMatchObject({ code: 'task.not_found' });
  });

  test('many at once, and a change of one that waits', async () => {
    const { client } = mayfly;
    const queue = `many-${randomUUID()}`;
    const later = { ...login, queue, delayMs: 3_600_000 };
    const [one] = await client.submitBatch([later, later, later]);
    await expect(
      client.change(one?.id ?? '', { description: 'the first', priority: 5 }),
    ).resolves.toMatchObject({ description: 'the first', priority: 5 });
    const all = { matched: 3, changed: 3, more: false };
    await expect(client.cancelMany({ filter: { queue } })).resolves.toEqual(all);
    await expect(client.retryMany({ filter: { queue } })).resolves.toEqual(all);
  });
});

describe('what there is', () => {
  test('types, runtimes, workers, figures, version, health', async () => {
    const { client } = mayfly;
    const names = (await client.taskTypes()).map((type) => type.name);
    expect(names).toEqual(expect.arrayContaining(['code.run', 'generate.login', 'sleep']));
    await expect(client.runtimes()).resolves.toEqual([]);
    await expect(client.workers()).resolves.toMatchObject([{ state: 'online', concurrency: 8 }]);
    await expect(client.stats()).resolves.toMatchObject({ workers: { online: 1 } });
    await expect(client.info()).resolves.toMatchObject({ grpcPort: mayfly.server.grpcPort });
    await expect(client.health()).resolves.toEqual({ status: 'ok' });
  });

  test('keys: made, used, refused where they lack a claim, removed', async () => {
    const { client, clientOf } = mayfly;
    const made = await client.apiKeys.create({ name: 'reader', claims: ['tasks:read'] });
    expect((await client.apiKeys.list()).map((key) => key.id)).toContain(made.id);
    const reader = clientOf({ apiKey: made.key });
    await expect(reader.list()).resolves.toMatchObject({ items: [] });
    await expect(reader.submit(login)).rejects.toMatchObject({ code: 'auth.missing_claim' });
    await client.apiKeys.delete(made.id);
    await expect(reader.list()).rejects.toMatchObject({ code: 'auth.unknown_key' });
    await expect(client.apiKeys.delete(made.id)).rejects.toMatchObject({ code: 'key.not_found' });
  });

  test('no key and a wrong key', async () => {
    const { clientOf } = mayfly;
    await expect(clientOf({ apiKey: undefined }).list()).rejects.toMatchObject({
      code: 'auth.missing_key',
    });
    await expect(clientOf({ apiKey: 'not-a-key' }).list()).rejects.toMatchObject({
      code: 'auth.unknown_key',
    });
  });
});

describe('streams', () => {
  test('watch sees a task from its submission to its end', async () => {
    const { client } = mayfly;
    const queue = `watched-${randomUUID()}`;
    const seen: string[] = [];
    const stop = new AbortController();
    const events = client.watch({ queue, signal: stop.signal })[Symbol.asyncIterator]();
    let next: Promise<IteratorResult<WatchEvent>> = events.next();
    // The stream has no sign of its own beginning, so tasks are sent until one is seen.
    const sending = (async () => {
      while (seen.length === 0) {
        const { id } = await client.submit({ ...login, queue });
        await client.wait(id);
      }
    })();
    for (let over = false; !over; next = events.next()) {
      const { value } = await next;
      if (value?.kind !== 'task') continue;
      seen.push(value.task.status);
      over = isFinal(value.task.status);
    }
    await sending;
    expect(seen.at(-1)).toBe('completed');
    next.catch(() => undefined);
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  test('the output of a finished task', async () => {
    const { id } = await mayfly.client.submit(login);
    await mayfly.client.wait(id);
    const output = await mayfly.client.output(id);
    expect(output).toMatchObject({ id, status: 'completed', attempt: 1 });
    expect(jsonToBytes(output.stdout)).toHaveLength(0);
  });

  test('an unknown task has no stream', async () => {
    const follow = mayfly.client.followOutput(randomUUID())[Symbol.asyncIterator]();
    await expect(follow.next()).rejects.toMatchObject({ code: 'task.not_found' });
  });
});

describe('queues', () => {
  test('limits are set and taken away, a pause holds tasks until it is over', async () => {
    const { client } = mayfly;
    const name = `limits/${randomUUID()}`;
    const rateLimit = { count: 5, perMs: 1000 };
    await expect(client.queues.set(name, { concurrency: 2, rateLimit })).resolves.toMatchObject({
      name,
      concurrency: 2,
      rateLimit,
    });
    await client.queues.set(name, { concurrency: null });
    await client.queues.pause(name);
    const task = await client.submit({ ...login, queue: name, concurrencyKey: 'k' });
    await expect(client.queues.get(name)).resolves.toMatchObject({ paused: true, pending: 1 });
    await client.queues.resume(name);
    await expect(client.wait(task.id)).resolves.toMatchObject({ concurrencyKey: 'k' });
    const names = (await client.queues.list()).map((queue) => queue.name);
    expect(names).toContain(name);
    await expect(client.queues.pause('none')).rejects.toMatchObject({ code: 'queue.not_found' });
  });
});
