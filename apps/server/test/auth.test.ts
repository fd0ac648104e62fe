import { createGrpcSource } from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, TestServer } from './support.ts';

describe('API keys', () => {
  let mayfly: TestServer;
  beforeAll(async () => {
    mayfly = await TestServer.start();
  });
  afterAll(() => mayfly.stop());

  it('are taken from the header, as a bearer token, and from the query', async () => {
    const url = `${mayfly.server.url}/api/task-types`;
    expect((await fetch(url, { headers: { 'X-ApiKey': ADMIN_KEY } })).status).toBe(200);
    expect((await fetch(url, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).status).toBe(
      200,
    );
    expect((await fetch(`${url}?apiKey=${ADMIN_KEY}`)).status).toBe(200);
  });

  it('are asked for by every route but health and docs', async () => {
    const { body: api } = await mayfly.get('/api/openapi.json', null);
    const open = new Set(['/healthz', '/readyz']);
    let tried = 0;
    for (const [path, methods] of Object.entries(api.paths as Record<string, object>)) {
      for (const method of Object.keys(methods)) {
        const real = path.replace('{id}', '01900000-0000-7000-8000-000000000000');
        const answer = await mayfly.call(method.toUpperCase(), real, { key: null });
        const expected = open.has(path) ? 200 : 401;
        expect(answer.status, `${method} ${path}`).toBe(expected);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(20);
    expect((await fetch(`${mayfly.server.url}/api/docs/`)).status).toBe(200);
  });

  it('are told apart when they are missing, unknown or expired', async () => {
    const missing = await mayfly.get('/api/tasks', null);
    expect(missing).toMatchObject({ status: 401, body: { code: 'auth.missing_key' } });
    expect(missing.headers.get('www-authenticate')).toContain('Bearer');
    expect(await mayfly.get('/api/tasks', 'wrong')).toMatchObject({
      status: 401,
      body: { code: 'auth.unknown_key' },
    });
    const { body } = await mayfly.post('/api/api-keys', {
      name: 'old',
      claims: ['tasks:read'],
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(await mayfly.get('/api/tasks', body.key)).toMatchObject({
      status: 401,
      body: { code: 'auth.expired_key' },
    });
  });

  it('open what their claims say, and nothing else', async () => {
    const [reader, writer, worker] = [
      await mayfly.makeKey('tasks:read'),
      await mayfly.makeKey('tasks:write'),
      await mayfly.makeKey('worker'),
    ];
    const submission = { type: 'sleep', params: { ms: 0 }, ttlMs: 1000 };
    expect((await mayfly.get('/api/tasks', reader)).status).toBe(200);
    expect((await mayfly.post('/api/tasks', submission, writer)).status).toBe(201);
    for (const [key, call] of [
      [reader, (k: string) => mayfly.post('/api/tasks', submission, k)],
      [writer, (k: string) => mayfly.get('/api/tasks', k)],
      [worker, (k: string) => mayfly.get('/api/tasks', k)],
      [writer, (k: string) => mayfly.get('/api/api-keys', k)],
    ] as const) {
      expect(await call(key)).toMatchObject({ status: 403, body: { code: 'auth.missing_claim' } });
    }
  });

  it('show their owners only their own tasks; others answer 404', async () => {
    const [one, two] = [
      await mayfly.makeKey('tasks:read', 'tasks:write'),
      await mayfly.makeKey('tasks:read', 'tasks:write'),
    ];
    const auditor = await mayfly.makeKey('tasks:read:all', 'tasks:write');
    const submission = { type: 'sleep', params: { ms: 0 }, ttlMs: 1000, delayMs: 60_000 };
    const { body: task } = await mayfly.post('/api/tasks', submission, one);
    expect((await mayfly.get('/api/tasks', two)).body.items).toEqual([]);
    expect((await mayfly.get('/api/tasks', one)).body.items).toHaveLength(1);
    for (const route of ['', '/status', '/attempts', '/output']) {
      expect((await mayfly.get(`/api/tasks/${task.id}${route}`, two)).status).toBe(404);
      expect((await mayfly.get(`/api/tasks/${task.id}${route}`, auditor)).status).toBe(200);
    }
    expect((await mayfly.post(`/api/tasks/${task.id}/cancel`, undefined, two)).status).toBe(404);
    expect((await mayfly.post(`/api/tasks/${task.id}/cancel`, undefined, auditor)).status).toBe(
      403,
    );
    expect((await mayfly.post(`/api/tasks/${task.id}/cancel`)).status).toBe(200);
  });

  it('are shown once, stored as hashes, and useless after deletion', async () => {
    const { body: created, status } = await mayfly.post('/api/api-keys', {
      name: 'short-lived',
      claims: ['tasks:read'],
    });
    expect(status).toBe(201);
    expect(created.key).toMatch(/^mf_[\w-]{43}$/);
    const { body: list } = await mayfly.get('/api/api-keys');
    const listed = (list.items as { id: string }[]).find((item) => item.id === created.id);
    expect(listed).toBeDefined();
    expect(JSON.stringify(list)).not.toContain(created.key);
    expect((await mayfly.get('/api/tasks', created.key)).status).toBe(200);
    expect((await mayfly.call('DELETE', `/api/api-keys/${created.id}`)).status).toBe(204);
    expect((await mayfly.get('/api/tasks', created.key)).status).toBe(401);
    expect((await mayfly.call('DELETE', `/api/api-keys/${created.id}`)).body.code).toBe(
      'key.not_found',
    );
  });

  it('guard the worker stream too', async () => {
    const open = (apiKey: string) =>
      createGrpcSource({ address: `127.0.0.1:${mayfly.server.grpcPort}`, apiKey }).open(
        { registrationJson: '{}', running: [] },
        { onFrame: () => undefined, onClosed: () => undefined },
      );
    await expect(open('wrong')).rejects.toMatchObject({ code: 'auth.unknown_key' });
    await expect(open(await mayfly.makeKey('tasks:read'))).rejects.toMatchObject({
      code: 'auth.missing_claim',
    });
    await expect(open(await mayfly.makeKey('worker'))).rejects.toMatchObject({
      code: 'worker.rejected',
    });
  });
});
