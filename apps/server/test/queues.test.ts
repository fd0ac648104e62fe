import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

describe('queues over HTTP', () => {
  let mayfly: TestServer;
  beforeAll(async () => {
    mayfly = await TestServer.start();
    await mayfly.work();
  });
  afterAll(() => mayfly.stop());

  const queue = async (name: string) => (await mayfly.get(`/api/queues/${name}`)).body;

  it('are listed with counts, waits and controls', async () => {
    const task = await mayfly.submit('sleep', { ms: 1 }, { queue: 'seen' });
    await mayfly.finished(task.id);
    const { status, body } = await mayfly.get('/api/queues');
    expect(status).toBe(200);
    expect(body.items).toContainEqual({
      name: 'seen',
      paused: false,
      concurrency: null,
      rateLimit: null,
      keyConcurrency: null,
      keyRateLimit: null,
      retentionMs: null,
      pending: 0,
      running: 0,
      oldestWaitMs: null,
      totals: { submitted: 1, completed: 1, failed: 0, expired: 0, cancelled: 0 },
      days: 7,
      rates: expect.toSatisfy((rates) => rates === null || rates.overMs > 0),
    });
  });

  it('are paused and resumed', async () => {
    const first = await mayfly.submit('sleep', { ms: 1 }, { queue: 'stop' });
    await mayfly.finished(first.id);
    expect((await mayfly.post('/api/queues/stop/pause')).body).toMatchObject({ paused: true });
    const { id } = await mayfly.submit('sleep', { ms: 1 }, { queue: 'stop' });
    const other = await mayfly.submit('sleep', { ms: 1 });
    await mayfly.finished(other.id);
    expect(await queue('stop')).toMatchObject({ pending: 1, running: 0, paused: true });
    expect((await mayfly.post('/api/queues/stop/resume')).body).toMatchObject({ paused: false });
    expect(await mayfly.finished(id)).toMatchObject({ status: 'completed' });
  });

  it('take limits, keep those that are not named, and lose those that are null', async () => {
    const set = { concurrency: 2, rateLimit: { count: 9, perMs: 1000 }, keyConcurrency: 1 };
    const put = await mayfly.call('PUT', '/api/queues/new%2Fone', { body: set });
    expect(put).toMatchObject({ status: 200, body: { ...set, name: 'new/one', pending: 0 } });
    const less = { rateLimit: null, keyRateLimit: { count: 1, perMs: 50 } };
    const { body } = await mayfly.call('PUT', '/api/queues/new%2Fone', { body: less });
    expect(body).toMatchObject({ concurrency: 2, keyConcurrency: 1, ...less });
    expect(await queue('new%2Fone')).toEqual(body);
  });

  it('keep finished tasks as long as they say, and refuse what cannot be kept', async () => {
    const day = 86_400_000;
    const put = (name: string, retentionMs: unknown) =>
      mayfly.call('PUT', `/api/queues/${name}`, { body: { retentionMs } });
    expect((await put('kept', 7 * day)).body).toMatchObject({ name: 'kept', retentionMs: 7 * day });
    expect((await put('kept', null)).body).toMatchObject({ retentionMs: null });
    for (const wrong of [0, -day, day - 1, 3650 * day + 1, 1.5 * day + 0.5, '7d', true, {}]) {
      const { status, body } = await put('wrong', wrong);
      expect(status).toBe(422);
      expect(body).toMatchObject({
        code: 'request.invalid',
        errors: [{ pointer: '/retentionMs' }],
      });
    }
    for (let days = 1; days <= 15; days++)
      expect((await put(`of-${days}`, days * day)).status).toBe(200);
    expect(await put('wrong', 20 * day)).toMatchObject({
      status: 422,
      body: {
        code: 'queue.too_many_retentions',
        detail: expect.stringMatching(/^There are 15 retentions in use already: .* 15d 0h\. Take/),
        errors: [{ pointer: '/retentionMs' }],
      },
    });
    expect((await mayfly.get('/api/queues/wrong')).status).toBe(404);
  });

  it('run one task of a key at a time', async () => {
    await mayfly.call('PUT', '/api/queues/keyed', { body: { keyConcurrency: 1 } });
    const tasks = await Promise.all(
      ['a', 'a', 'a', 'b'].map((concurrencyKey) =>
        mayfly.submit('sleep', { ms: 50 }, { queue: 'keyed', concurrencyKey }),
      ),
    );
    expect(tasks[0]).toMatchObject({ concurrencyKey: 'a' });
    const ended = await Promise.all(tasks.map((task) => mayfly.finished(task.id)));
    const own = ended
      .filter((task) => task.concurrencyKey === 'a')
      .toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1));
    expect(own).toHaveLength(3);
    for (const [index, task] of own.slice(1).entries())
      expect(Date.parse(task.startedAt ?? '')).toBeGreaterThanOrEqual(
        Date.parse(own[index]?.finishedAt ?? ''),
      );
  });

  it('are seen by readers and changed by admins only', async () => {
    const reader = await mayfly.makeKey('tasks:read', 'tasks:write');
    expect((await mayfly.get('/api/queues', reader)).status).toBe(200);
    expect((await mayfly.post('/api/queues/default/pause', undefined, reader)).status).toBe(403);
    const put = await mayfly.call('PUT', '/api/queues/default', {
      body: { concurrency: 1 },
      key: reader,
    });
    expect(put).toMatchObject({ status: 403, body: { code: 'auth.missing_claim' } });
    const writer = await mayfly.makeKey('tasks:write');
    expect((await mayfly.get('/api/queues', writer)).status).toBe(403);
  });

  it.each([
    ['zero', { concurrency: 0 }, '/concurrency'],
    ['negative', { keyConcurrency: -1 }, '/keyConcurrency'],
    ['fractional', { concurrency: 1.5 }, '/concurrency'],
    ['huge', { concurrency: 1e9 }, '/concurrency'],
    ['text', { concurrency: '5' }, '/concurrency'],
    ['no count', { rateLimit: { perMs: 5 } }, '/rateLimit/count'],
    ['no time', { keyRateLimit: { count: 5 } }, '/keyRateLimit/perMs'],
    ['rate of zero', { rateLimit: { count: 0, perMs: 1000 } }, '/rateLimit/count'],
    ['time of zero', { rateLimit: { count: 1, perMs: 0 } }, '/rateLimit/perMs'],
    ['huge time', { rateLimit: { count: 1, perMs: 1e12 } }, '/rateLimit/perMs'],
    ['unknown field', { paused: true }, '/paused'],
    ['no object', [], ''],
  ])('refuse limits that are wrong: %s', async (_name, body, pointer) => {
    const before = await mayfly.get('/api/queues');
    const answer = await mayfly.call('PUT', '/api/queues/wrong', { body });
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    const { errors } = answer.body;
    expect(
      pointer === '' || errors.some((error: { pointer: string }) => error.pointer === pointer),
    ).toBe(true);
    expect((await mayfly.get('/api/queues')).body.items.map(nameOf)).toEqual(
      before.body.items.map(nameOf),
    );
  });

  it('refuse names that are wrong, and tell of queues that are not there', async () => {
    for (const [method, path] of [
      ['GET', '/api/queues/none'],
      ['POST', '/api/queues/none/pause'],
      ['POST', '/api/queues/none/resume'],
    ] as const)
      expect(await mayfly.call(method, path)).toMatchObject({
        status: 404,
        body: { code: 'queue.not_found' },
      });
    for (const name of ['%20', '-x', `a${'b'.repeat(100)}`, '%00'])
      expect(
        await mayfly.call('PUT', `/api/queues/${name}`, { body: { concurrency: 1 } }),
      ).toMatchObject({ status: 400, body: { code: 'request.bad_query' } });
    expect((await mayfly.call('PUT', '/api/queues/empty', { body: '' })).status).toBe(422);
  });

  it.each([
    ['empty', ''],
    ['too long', 'k'.repeat(201)],
    ['no text', 7],
    ['NUL', 'a\u0000b'],
  ])('refuse a concurrency key that is wrong: %s', async (_name, concurrencyKey) => {
    const body = { type: 'sleep', params: { ms: 1 }, ttlMs: 1000, concurrencyKey };
    const before = await mayfly.snapshot();
    expect(await mayfly.post('/api/tasks', body)).toMatchObject({
      status: 422,
      body: { code: 'request.invalid', errors: [{ pointer: '/concurrencyKey' }] },
    });
    expect(await mayfly.snapshot()).toBe(before);
  });
});

function nameOf({ name }: { name: string }): string {
  return name;
}
