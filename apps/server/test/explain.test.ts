import type { Explanation } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

describe('GET /api/tasks/{id}/explain', () => {
  let mayfly: TestServer;
  beforeAll(async () => {
    mayfly = await TestServer.start();
  });
  afterAll(() => mayfly.stop());

  async function told(id: string): Promise<Explanation> {
    const { status, body } = await mayfly.get(`/api/tasks/${id}/explain`);
    expect(status).toBe(200);
    return body as Explanation;
  }
  const codes = async (id: string): Promise<string[]> =>
    (await told(id)).reasons.map((entry) => entry.code);

  it('tells why a task waits, from the worker that is missing to the limit that holds it', async () => {
    const { id } = await mayfly.submit('sleep', { ms: 60_000 }, { queue: 'q', ttlMs: 90_000 });
    expect(await codes(id)).toEqual(['wait.no_worker_for_type']);
    await mayfly.call('PUT', '/api/queues/q', {
      body: { concurrency: 1, rateLimit: { count: 1, perMs: 60_000 }, keyConcurrency: 1 },
    });
    await mayfly.work([], 2);
    await mayfly.until(id, 'running');
    const more = { queue: 'q', concurrencyKey: 'k' };
    const next = await mayfly.submit('sleep', { ms: 1 }, more);
    const after = await mayfly.submit('sleep', { ms: 1 }, more);
    const { reasons, ahead } = await told(after.id);
    expect(reasons.map((entry) => entry.code)).toEqual([
      'wait.queue_concurrency',
      'wait.queue_rate',
    ]);
    expect(ahead).toBe(1);
    const free = Date.parse(reasons[1]?.at ?? '') - Date.now();
    expect(free).toBeGreaterThan(40_000);
    expect(free).toBeLessThanOrEqual(60_000);
    await mayfly.post('/api/queues/q/pause');
    expect((await codes(next.id))[0]).toBe('wait.queue_paused');
    await mayfly.post(`/api/tasks/${id}/cancel`);
    expect((await mayfly.finished(id)).status).toBe('cancelled');
    expect(await codes(id)).toEqual(['end.cancelled']);
  });

  it('tells of scheduled, running and finished tasks', async () => {
    const later = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
    expect(await told(later.id)).toMatchObject({
      status: 'scheduled',
      reasons: [{ code: 'wait.scheduled', at: later.runAt }],
    });
    const short = await mayfly.submit('sleep', { ms: 60_000 }, { ttlMs: 300 });
    const running = await mayfly.until(short.id, 'running');
    expect((await told(short.id)).reasons).toMatchObject([
      { code: 'run.on_worker', at: running.deadlineAt },
    ]);
    const ended = await mayfly.finished(short.id);
    const { reasons } = await told(short.id);
    expect(reasons).toMatchObject([{ code: 'end.ttl_exceeded', at: ended.finishedAt }]);
    expect(reasons[0]?.message).toContain('told to stop (ttl)');
    const done = await mayfly.submit('sleep', { ms: 1 });
    await mayfly.finished(done.id);
    expect(await codes(done.id)).toEqual(['end.completed']);
  });

  it('tells of the tasks that it waits for, and of the one that ended it', async () => {
    const first = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
    const tied = await mayfly.submit('sleep', { ms: 1 }, { after: [first.id] });
    expect(await told(tied.id)).toMatchObject({
      status: 'scheduled',
      reasons: [
        { code: 'wait.predecessors', at: null, tasks: [{ id: first.id, status: 'scheduled' }] },
      ],
    });
    await mayfly.post(`/api/tasks/${first.id}/cancel`);
    const { status, reasons } = await told(tied.id);
    expect(status).toBe('cancelled');
    expect(reasons).toMatchObject([{ code: 'end.dependency_failed' }]);
    expect(reasons[0]?.message).toContain(`after the task ${first.id}, which is cancelled`);
  });

  it('tells nobody of tasks that are not theirs, nor of none', async () => {
    const { id } = await mayfly.submit('sleep', { ms: 1 });
    const stranger = await mayfly.makeKey('tasks:read');
    for (const [path, key] of [
      [`/api/tasks/${id}/explain`, stranger],
      ['/api/tasks/01900000-0000-7000-8000-00000000dead/explain', undefined],
    ] as const)
      expect(await mayfly.get(path, key)).toMatchObject({
        status: 404,
        body: { code: 'task.not_found' },
      });
    expect(await mayfly.get('/api/tasks/none/explain')).toMatchObject({
      status: 400,
      body: { code: 'request.bad_query' },
    });
  });
});
