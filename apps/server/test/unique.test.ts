import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

describe('unique tasks', () => {
  let mayfly: TestServer;
  const sleep = { type: 'sleep', params: { ms: 60_000 }, ttlMs: 90_000 };
  beforeAll(async () => {
    mayfly = await TestServer.start();
  });
  afterAll(() => mayfly.stop());

  it('answer a second submission with the first, or with 409', async () => {
    const unique = { key: 'one' };
    const first = await mayfly.post('/api/tasks', { ...sleep, unique });
    expect(first.status).toBe(201);
    const second = await mayfly.post('/api/tasks', { ...sleep, ttlMs: 5, unique });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(second.headers.get('location')).toBeNull();
    const strict = { ...unique, onConflict: 'reject' };
    const third = await mayfly.post('/api/tasks', { ...sleep, unique: strict });
    expect(third).toMatchObject({
      status: 409,
      body: {
        code: 'task.not_unique',
        taskId: first.body.id,
        errors: [{ pointer: '/unique/key' }],
      },
    });
    await mayfly.post(`/api/tasks/${first.body.id}/cancel`);
    expect((await mayfly.post('/api/tasks', { ...sleep, unique: strict })).status).toBe(201);
  });

  it('belong to their owner and type', async () => {
    const unique = { key: 'mine' };
    const key = await mayfly.makeKey('tasks:write');
    expect((await mayfly.post('/api/tasks', { ...sleep, unique })).status).toBe(201);
    expect((await mayfly.post('/api/tasks', { ...sleep, unique }, key)).status).toBe(201);
    const other = { type: 'generate.login', params: {}, ttlMs: 50, unique };
    expect((await mayfly.post('/api/tasks', other)).status).toBe(201);
    const again = await mayfly.post('/api/tasks', { ...sleep, unique }, key);
    expect(again).toMatchObject({ status: 200, body: { type: 'sleep' } });
  });

  it.each([
    ['no key', {}, '/unique/key'],
    ['empty key', { key: '' }, '/unique/key'],
    ['long key', { key: 'k'.repeat(201) }, '/unique/key'],
    ['NUL', { key: 'a\u0000' }, '/unique/key'],
    ['unknown scope', { key: 'k', scope: 'ever' }, '/unique/scope'],
    ['negative window', { key: 'k', windowMs: -1 }, '/unique/windowMs'],
    ['fractional window', { key: 'k', windowMs: 0.5 }, '/unique/windowMs'],
    ['huge window', { key: 'k', windowMs: 1e12 }, '/unique/windowMs'],
    ['unknown policy', { key: 'k', onConflict: 'drop' }, '/unique/onConflict'],
    ['unknown field', { key: 'k', until: 1 }, '/unique/until'],
    ['text', 'k', '/unique'],
  ])('refuse what is wrong: %s', async (_name, unique, pointer) => {
    const before = await mayfly.snapshot();
    expect(await mayfly.post('/api/tasks', { ...sleep, unique })).toMatchObject({
      status: 422,
      body: { code: 'request.invalid', errors: [{ pointer }] },
    });
    expect(await mayfly.snapshot()).toBe(before);
  });

  it('go neither with an Idempotency-Key nor with after, alone and in a batch', async () => {
    const before = await mayfly.snapshot();
    const unique = { key: 'alone' };
    const headers = { 'idempotency-key': 'i' };
    const both = await mayfly.call('POST', '/api/tasks', { body: { ...sleep, unique }, headers });
    expect(both).toMatchObject({ status: 422, body: { errors: [{ pointer: '/unique' }] } });
    const body = { tasks: [sleep, { ...sleep, unique }] };
    const batch = await mayfly.call('POST', '/api/tasks/batch', { body, headers });
    expect(batch).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/tasks/1/unique' }] },
    });
    const tasks = [sleep, { ...sleep, unique, after: ['#0'] }];
    expect(await mayfly.post('/api/tasks/batch', { tasks })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/tasks/1/after' }] },
    });
    expect(await mayfly.snapshot()).toBe(before);
  });

  describe('in a batch', () => {
    const post = (tasks: object[]) => mayfly.post('/api/tasks/batch', { tasks });

    it('are answered with the tasks that hold the keys, of before and of the batch itself', async () => {
      const held = await mayfly.post('/api/tasks', { ...sleep, unique: { key: 'b1' } });
      const answer = await post([
        { ...sleep, unique: { key: 'b1' } },
        { ...sleep, unique: { key: 'b2' } },
        sleep,
        { ...sleep, unique: { key: 'b2' } },
      ]);
      expect(answer.status).toBe(201);
      const ids = (answer.body.tasks as { id: string }[]).map(({ id }) => id);
      expect(ids[0]).toBe(held.body.id);
      expect(ids[3]).toBe(ids[1]);
      expect(new Set(ids).size).toBe(3);
      const again = await post([
        { ...sleep, unique: { key: 'b2' } },
        { ...sleep, unique: { key: 'b1' } },
      ]);
      expect(again).toMatchObject({
        status: 200,
        body: { tasks: [{ id: ids[1] }, { id: ids[0] }] },
      });
    });

    it('let other items wait for the task that holds the key', async () => {
      const held = await mayfly.post('/api/tasks', { ...sleep, unique: { key: 'b3' } });
      const answer = await post([
        { ...sleep, unique: { key: 'b3' } },
        { ...sleep, unique: { key: 'b3' } },
        { ...sleep, after: ['#0', '#1'] },
      ]);
      const { id } = held.body;
      expect(answer).toMatchObject({
        status: 201,
        body: { tasks: [{ id }, { id }, { after: [id] }] },
      });
      await mayfly.post(`/api/tasks/${id}/cancel`);
      expect(await mayfly.finished(answer.body.tasks[2].id)).toMatchObject({ status: 'cancelled' });
    });

    it('that must be free store nothing of the batch when they are held', async () => {
      const strict = (key: string) => ({ ...sleep, unique: { key, onConflict: 'reject' } });
      const held = await mayfly.post('/api/tasks', strict('b4'));
      const before = await mayfly.snapshot();
      const tasks = [sleep, strict('b4'), strict('b5'), sleep, strict('b5')];
      const refused = await post(tasks);
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'task.not_unique',
          items: [1, 4],
          errors: [
            { pointer: '/tasks/1/unique/key', detail: `is held by the task ${held.body.id}` },
            { pointer: '/tasks/4/unique/key', detail: 'is held by item 2 of the batch' },
          ],
        },
      });
      expect(await mayfly.snapshot()).toBe(before);
      expect((await post([strict('b5')])).status).toBe(201);
    });

    it('take no key when another item waits for a task that is not there', async () => {
      const nobody = '01900000-0000-7000-8000-00000000dead';
      const unique = { key: 'b6', windowMs: 60_000 };
      const before = await mayfly.snapshot();
      expect(
        await post([
          { ...sleep, unique },
          { ...sleep, after: ['#0', nobody] },
        ]),
      ).toMatchObject({
        status: 422,
        body: { code: 'task.unknown_dependency', errors: [{ pointer: '/tasks/1/after/1' }] },
      });
      expect(await mayfly.snapshot()).toBe(before);
      expect((await post([{ ...sleep, unique }])).status).toBe(201);
    });
  });
});
