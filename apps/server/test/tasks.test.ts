import { taskPageSchema, taskSchema } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeldOperation } from './operations.ts';
import { TestServer } from './support.ts';

// Goal: the task part of the HTTP contract, as a client sees it.
describe('tasks over HTTP', () => {
  let mayfly: TestServer;
  const held = new HeldOperation();

  beforeAll(async () => {
    mayfly = await TestServer.start();
    await mayfly.work([held]);
  });
  afterAll(() => mayfly.stop());

  it('a submission answers with the whole task, and where to find it', async () => {
    const body = {
      type: 'generate.number',
      params: { digits: 4 },
      ttlMs: 2000,
      queue: 'numbers',
      priority: 5,
      description: 'four digits',
      labels: { team: 'red' },
      retry: { maxAttempts: 2 },
    };
    const answer = await mayfly.post('/api/tasks', body);
    expect(answer.status).toBe(201);
    const task = taskSchema.parse(answer.body);
    expect(task).toMatchObject({
      ...body,
      retry: { maxAttempts: 2, backoff: 'exponential' },
      status: 'pending',
      attempt: 0,
    });
    expect(answer.headers.get('location')).toBe(`/api/tasks/${task.id}`);
    const done = taskSchema.parse(await mayfly.finished(task.id));
    expect(done).toMatchObject({
      ...body,
      retry: task.retry,
      status: 'completed',
      attempt: 1,
      worker: 'test-worker',
    });
    expect(done.createdAt).toBe(task.createdAt);
    expect(String((done.result as { number: number }).number)).toHaveLength(4);
    expect(done.startedAt).not.toBeNull();
    expect(done.finishedAt).not.toBeNull();
  });

  it('a batch is stored in order, all at once', async () => {
    const tasks = Array.from({ length: 300 }, (_, n) => ({
      type: 'sleep',
      params: { ms: 0 },
      ttlMs: 5000,
      description: `n${n}`,
    }));
    const { status, body } = await mayfly.post('/api/tasks/batch', { tasks });
    expect(status).toBe(201);
    expect(body.tasks.map((task: { description: string }) => task.description)).toEqual(
      tasks.map((task) => task.description),
    );
    await mayfly.finished(body.tasks.at(-1).id);
  });

  it('status, result and attempts tell their part of the task', async () => {
    const { id } = await mayfly.submit('held', { some: 'params' }, { ttlMs: 60_000 });
    const job = await held.next();
    expect((await mayfly.get(`/api/tasks/${id}/status`)).body).toMatchObject({
      id,
      status: 'running',
      attempt: 1,
      worker: 'test-worker',
    });
    expect((await mayfly.get(`/api/tasks/${id}/result`)).body).toMatchObject({
      code: 'task.not_finished',
      currentStatus: 'running',
    });
    job.events.progress(42.5);
    job.end({ kind: 'returned', result: { deep: [1, null] } });
    await mayfly.finished(id);
    expect((await mayfly.get(`/api/tasks/${id}/result`)).body).toMatchObject({
      id,
      status: 'completed',
      result: { deep: [1, null] },
      error: null,
    });
    expect((await mayfly.get(`/api/tasks/${id}/attempts`)).body.items).toMatchObject([
      {
        number: 1,
        outcome: 'completed',
        worker: 'test-worker',
        stop: null,
        lateResultRefusedAt: null,
      },
    ]);
  });

  it('waitMs answers when the task ends, and no later than it says', async () => {
    const { id } = await mayfly.submit('held', null, { ttlMs: 60_000 });
    const job = await held.next();
    const early = await mayfly.get(`/api/tasks/${id}?waitMs=1`);
    expect(early.body.status).toBe('running');
    const waiting = mayfly.get(`/api/tasks/${id}/result?waitMs=30000`);
    job.end({ kind: 'returned', result: 'now' });
    expect((await waiting).body).toMatchObject({ status: 'completed', result: 'now' });
  });

  it('an error of the handler is the error of the task', async () => {
    const { id } = await mayfly.submit('held', null);
    (await held.next()).end({ kind: 'threw', code: 'shop.sold_out', message: 'nothing left' });
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'failed',
      error: { code: 'shop.sold_out', message: 'nothing left' },
    });
  });

  it('a task is cancelled while it waits and while it runs', async () => {
    const waiting = await mayfly.submit('held', null, { delayMs: 60_000 });
    expect((await mayfly.post(`/api/tasks/${waiting.id}/cancel`)).body.status).toBe('cancelled');
    const { id } = await mayfly.submit('held', null, { ttlMs: 60_000, graceMs: 30_000 });
    const job = await held.next();
    const { status, body } = await mayfly.post(`/api/tasks/${id}/cancel`);
    expect([status, body.status]).toEqual([200, 'running']);
    await expect.poll(() => job.stops).toEqual(['soft cancel']);
    job.end({ kind: 'stopped', result: { said: 'goodbye' } });
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'cancelled',
      result: { said: 'goodbye' },
      error: { code: 'task.cancelled' },
    });
    const { body: attempts } = await mayfly.get(`/api/tasks/${id}/attempts`);
    expect(attempts.items[0]).toMatchObject({ outcome: 'cancelled', stop: { reason: 'cancel' } });
    expect(attempts.items[0].stop.confirmedAt).not.toBeNull();
  });

  it('a finished task runs again, with its history kept', async () => {
    const { id } = await mayfly.submit('held', null);
    (await held.next()).end({ kind: 'threw', code: 'x', message: 'y' });
    await mayfly.finished(id);
    const retried = await mayfly.post(`/api/tasks/${id}/retry`);
    expect([retried.status, retried.body.error]).toEqual([200, null]);
    const second = await held.next();
    expect(second.attempt).toBe(2);
    second.end({ kind: 'returned', result: 'better' });
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'completed',
      result: 'better',
      attempt: 2,
    });
    const { body } = await mayfly.get(`/api/tasks/${id}/attempts`);
    expect(body.items.map((item: { outcome: string }) => item.outcome)).toEqual([
      'failed',
      'completed',
    ]);
  });

  it('a failing task is run again by its policy', async () => {
    const retry = { maxAttempts: 3, delayMs: 1, backoff: 'fixed' };
    const { id } = await mayfly.submit('held', null, { retry });
    for (let n = 1; n <= 3; n++) {
      const job = await held.next();
      expect(job.attempt).toBe(n);
      job.end({ kind: 'threw', code: 'x', message: `failure ${n}` });
    }
    expect(await mayfly.finished(id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: { message: 'failure 3' },
    });
  });

  it('PATCH changes what waits, and the ttl of what runs', async () => {
    const { id } = await mayfly.submit('held', 1, { delayMs: 60_000 });
    const change = {
      description: 'new',
      labels: { a: 'b' },
      priority: 7,
      params: 2,
      ttlMs: 50_000,
      graceMs: 9,
    };
    const changed = await mayfly.call('PATCH', `/api/tasks/${id}`, { body: change });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject(change);
    await mayfly.call('PATCH', `/api/tasks/${id}`, { body: { runAt: new Date(0).toISOString() } });
    const job = await held.next();
    expect(job.params).toBe(2);
    expect(
      (await mayfly.call('PATCH', `/api/tasks/${id}`, { body: { priority: 1 } })).body.code,
    ).toBe('task.not_changeable');
    const shorter = await mayfly.call('PATCH', `/api/tasks/${id}`, {
      body: { ttlMs: 20, graceMs: 0 },
    });
    expect(shorter.body.code).toBe('task.not_changeable');
    expect((await mayfly.call('PATCH', `/api/tasks/${id}`, { body: { ttlMs: 20 } })).status).toBe(
      200,
    );
    expect((await mayfly.finished(id)).status).toBe('expired');
    expect(job.stops.at(-1)).toBe('hard ttl');
  });

  it('a deleted task is gone', async () => {
    const { id } = await mayfly.submit('sleep', { ms: 0 });
    await mayfly.finished(id);
    expect((await mayfly.call('DELETE', `/api/tasks/${id}`)).status).toBe(204);
    expect((await mayfly.get(`/api/tasks/${id}`)).status).toBe(404);
  });

  it('the list filters and pages', async () => {
    const labels = { suite: 'list' };
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) {
      ids.unshift(
        (
          await mayfly.submit(
            'sleep',
            { ms: 0 },
            { labels, delayMs: 60_000, queue: n < 3 ? 'low' : 'high', description: `item ${n}` },
          )
        ).id,
      );
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page = taskPageSchema.parse(
        (await mayfly.get(`/api/tasks?label=suite:list&limit=3${query}`)).body,
      );
      seen.push(...page.items.map((task) => task.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(ids);
    const count = async (query: string) =>
      (await mayfly.get(`/api/tasks?label=suite:list&${query}`)).body.items.length;
    expect(await count('queue=low')).toBe(3);
    expect(await count('queue=high&type=sleep')).toBe(4);
    expect(await count('type=held')).toBe(0);
    expect(await count('status=scheduled')).toBe(7);
    expect(await count('status=completed&status=failed')).toBe(0);
    expect(await count('q=item%204')).toBe(1);
    expect(await count(`q=${ids[0]}`)).toBe(1);
    expect(await count('createdAfter=2100-01-01T00:00:00Z')).toBe(0);
    expect(await count('createdBefore=2100-01-01T00:00:00Z')).toBe(7);
    const { body } = await mayfly.post('/api/tasks/cancel', {
      filter: { label: ['suite:list'], queue: 'low' },
    });
    expect(body).toEqual({ matched: 3, changed: 3, more: false });
    expect(await count('status=cancelled')).toBe(3);
    expect(
      (await mayfly.post('/api/tasks/retry', { filter: { label: ['suite:list'] } })).body.changed,
    ).toBe(3);
    expect((await mayfly.post('/api/tasks/cancel', { ids: ids.slice(0, 2) })).body).toMatchObject({
      changed: 2,
    });
    expect(await count('status=cancelled')).toBe(2);
  });

  it('types, workers and figures are there to see', async () => {
    const types = (await mayfly.get('/api/task-types')).body.items as {
      name: string;
      paramsSchema: object;
    }[];
    expect(types.map((type) => type.name)).toEqual(
      expect.arrayContaining(['code.run', 'held', 'http.request']),
    );
    expect(types.find((type) => type.name === 'sleep')?.paramsSchema).toMatchObject({
      required: ['ms'],
    });
    expect((await mayfly.get('/api/workers')).body.items).toMatchObject([
      { name: 'test-worker', state: 'online', concurrency: 8 },
    ]);
    expect((await mayfly.get('/api/runtimes')).body).toEqual({ items: [] });
    const { body } = await mayfly.get('/api/stats');
    expect(body.workers.online).toBe(1);
    expect(body.tasks.submitted).toBeGreaterThan(300);
    expect((await mayfly.get('/healthz', null)).body).toEqual({ status: 'ok' });
    expect((await mayfly.get('/readyz', null)).body).toEqual({ status: 'ok' });
    expect((await mayfly.get('/api/info')).body).toMatchObject({
      grpcPort: mayfly.server.grpcPort,
    });
  });

  it('the maximum of ttlMs is the operator’s', async () => {
    const strict = await TestServer.start({ ttlMaxMs: 1000 });
    const submit = (ttlMs: number) =>
      strict.post('/api/tasks', { type: 'sleep', params: { ms: 0 }, ttlMs });
    expect((await submit(1001)).body.errors).toEqual([
      { pointer: '/ttlMs', detail: 'must be at most 1000' },
    ]);
    expect((await submit(1000)).status).toBe(201);
    await strict.stop();
  });
});
