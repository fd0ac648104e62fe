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

  it('go neither with an Idempotency-Key nor in a batch', async () => {
    const before = await mayfly.snapshot();
    const unique = { key: 'alone' };
    const headers = { 'idempotency-key': 'i' };
    const both = await mayfly.call('POST', '/api/tasks', { body: { ...sleep, unique }, headers });
    expect(both).toMatchObject({ status: 422, body: { errors: [{ pointer: '/unique' }] } });
    const batch = await mayfly.post('/api/tasks/batch', { tasks: [sleep, { ...sleep, unique }] });
    expect(batch).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/tasks/1/unique' }] },
    });
    expect(await mayfly.snapshot()).toBe(before);
  });
});
