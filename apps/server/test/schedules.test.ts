import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

describe('schedules over HTTP', () => {
  let mayfly: TestServer;
  const task = { type: 'sleep', params: { ms: 1 }, ttlMs: 1000 };
  const hourly = { cron: '0 * * * *', timeZone: 'Europe/Berlin', task };

  beforeAll(async () => {
    mayfly = await TestServer.start();
  });
  afterAll(() => mayfly.stop());

  it('are made, read, changed, paused, resumed and deleted', async () => {
    const made = await mayfly.post('/api/schedules', { ...hourly, name: 'a' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: 'a',
      cron: '0 * * * *',
      timeZone: 'Europe/Berlin',
      everyMs: null,
      catchUp: 'last',
      overlap: 'skip',
      paused: false,
      task: { ...task, queue: 'default', priority: 0 },
      lastRun: null,
    });
    const path = `/api/schedules/${made.body.id}`;
    expect(made.headers.get('location')).toBe(path);
    expect(made.body.nextRuns).toHaveLength(5);
    const read = await mayfly.get(`${path}?nextRuns=3`);
    expect(read.body.nextRuns).toEqual(made.body.nextRuns.slice(0, 3));
    const changed = await mayfly.call('PATCH', path, {
      body: { everyMs: 5_000_000, task: { ...task, ttlMs: 2000 } },
    });
    expect(changed.body).toMatchObject({ cron: null, everyMs: 5_000_000, task: { ttlMs: 2000 } });
    const paused = await mayfly.post(`${path}/pause`);
    expect(paused.body).toMatchObject({ paused: true, nextRuns: [] });
    const resumed = await mayfly.post(`${path}/resume`);
    expect(resumed.body).toMatchObject({ paused: false });
    expect(resumed.body.nextRuns).toHaveLength(5);
    const run = await mayfly.post(`${path}/run`);
    expect(run.status).toBe(201);
    expect(run.body).toMatchObject({ type: 'sleep', ttlMs: 2000, status: 'pending' });
    const runs = await mayfly.get(`${path}/runs`);
    expect(runs.body.items).toMatchObject([{ taskId: run.body.id, planned: false }]);
    expect((await mayfly.call('DELETE', path)).status).toBe(204);
    expect((await mayfly.get(path)).body).toMatchObject({ code: 'schedule.not_found' });
    expect((await mayfly.get(`/api/tasks/${run.body.id}`)).status).toBe(200);
  });

  it('are listed page by page, newest first', async () => {
    for (const name of ['1', '2', '3']) await mayfly.post('/api/schedules', { ...hourly, name });
    const first = await mayfly.get('/api/schedules?limit=2');
    expect(first.body.items.map((item: { name: string }) => item.name)).toEqual(['3', '2']);
    const second = await mayfly.get(`/api/schedules?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((item: { name: string }) => item.name)).toEqual(['1']);
    expect(second.body.nextCursor).toBeNull();
    for (const { id } of [...first.body.items, ...second.body.items]) {
      await mayfly.call('DELETE', `/api/schedules/${id}`);
    }
  });

  it('are their owner\u2019s to change, and readable by scope', async () => {
    const mine = await mayfly.makeKey('tasks:read', 'tasks:write');
    const other = await mayfly.makeKey('tasks:read', 'tasks:write');
    const all = await mayfly.makeKey('tasks:read:all', 'tasks:write');
    const reader = await mayfly.makeKey('tasks:read');
    const made = await mayfly.post('/api/schedules', { ...hourly, name: 'own' }, mine);
    const path = `/api/schedules/${made.body.id}`;
    const status = async (method: string, key: string, rest = '') =>
      (await mayfly.call(method, path + rest, { key })).status;
    expect(await status('GET', mine)).toBe(200);
    expect(await status('GET', other)).toBe(404);
    expect(await status('GET', all)).toBe(200);
    for (const rest of ['/pause', '/resume', '/run']) {
      expect(await status('POST', other, rest)).toBe(404);
      expect(await status('POST', all, rest)).toBe(403);
    }
    expect(await status('DELETE', other)).toBe(404);
    expect(await status('DELETE', all)).toBe(403);
    expect((await mayfly.post('/api/schedules', hourly, reader)).status).toBe(403);
    const twin = await mayfly.post('/api/schedules', { ...hourly, name: 'own' }, other);
    expect(twin.status).toBe(201);
    expect((await mayfly.get('/api/schedules', mine)).body.items).toHaveLength(1);
    expect(await status('DELETE', mine)).toBe(204);
    await mayfly.call('DELETE', `/api/schedules/${twin.body.id}`, { key: other });
  });

  describe('with bad input are told what to mend, and nothing is stored', () => {
    const every = { name: 'x', everyMs: 60_000, task };
    it.each([
      ['no timing', { name: 'x', task }, '/cron', /cron or everyMs/],
      ['both timings', { ...every, cron: '* * * * *' }, '/everyMs', /either/],
      ['a cron that is none', { ...hourly, name: 'x', cron: 'noon' }, '/cron', /such as 0 3/],
      ['a minute 61', { ...hourly, name: 'x', cron: '61 * * * *' }, '/cron', /minute/],
      ['a day that never comes', { ...hourly, name: 'x', cron: '0 0 30 2 *' }, '/cron', /exist/],
      [
        'a time zone that is none',
        { ...hourly, name: 'x', timeZone: 'Mars/Base' },
        '/timeZone',
        /IANA/,
      ],
      ['a time zone without cron', { ...every, timeZone: 'UTC' }, '/timeZone', /belongs/],
      ['an interval too short', { ...every, everyMs: 999 }, '/everyMs', /1000/],
      ['an unknown policy', { ...every, catchUp: 'maybe' }, '/catchUp', /skip, last, all/],
      ['an unknown overlap', { ...every, overlap: 'pile-up' }, '/overlap', /cancel-running/],
      ['no name', { everyMs: 60_000, task }, '/name', /required/],
      ['no task', { name: 'x', everyMs: 60_000 }, '/task', /required/],
      ['a task with a time', { ...every, task: { ...task, delayMs: 5 } }, '/task/delayMs', /known/],
      ['a task without a ttl', { ...every, task: { type: 'sleep' } }, '/task/ttlMs', /required/],
      ['a ttl too long', { ...every, task: { ...task, ttlMs: 86_400_001 } }, '/task/ttlMs', /most/],
      ['an unknown type', { ...every, task: { ...task, type: 'nope' } }, '/task/type', /Use one/],
      ['bad params', { ...every, task: { ...task, params: {} } }, '/task/params/ms', /required/],
    ])('%s', async (_name, body, pointer, detail) => {
      const answer = await mayfly.post('/api/schedules', body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
        pointer,
      ]);
      expect(answer.body.detail).toMatch(detail);
      expect((await mayfly.get('/api/schedules')).body.items).toEqual([]);
    });

    it('a name that is taken, and a change that is none', async () => {
      const made = await mayfly.post('/api/schedules', every);
      const again = await mayfly.post('/api/schedules', every);
      expect(again.status).toBe(409);
      expect(again.body).toMatchObject({
        code: 'schedule.name_taken',
        errors: [{ pointer: '/name' }],
      });
      const path = `/api/schedules/${made.body.id}`;
      const change = (body: object) => mayfly.call('PATCH', path, { body });
      expect((await change({})).status).toBe(422);
      expect((await change({ timeZone: 'UTC' })).body.errors[0].pointer).toBe('/cron');
      expect((await change({ cron: 'x' })).body.errors[0].pointer).toBe('/cron');
      const task2 = { ...task, params: { ms: -1 } };
      expect((await change({ task: task2 })).body.errors[0].pointer).toBe('/task/params/ms');
      expect((await mayfly.get(path)).body).toEqual(made.body);
      await mayfly.call('DELETE', path);
    });
  });
});
