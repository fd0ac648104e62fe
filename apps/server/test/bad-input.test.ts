import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

// Goal: each kind of bad input gets an answer that names the field and the remedy, and changes
// nothing in the store.
describe('bad input', () => {
  let mayfly: TestServer;
  const good = { type: 'sleep', params: { ms: 1 }, ttlMs: 1000 };

  beforeAll(async () => {
    mayfly = await TestServer.start({ maxBodyBytes: '20000' });
  });
  afterAll(() => mayfly.stop());

  interface Expected {
    status: number;
    code: string;
    pointers?: string[];
    detail?: RegExp;
  }

  async function refused(
    request: () => ReturnType<TestServer['call']>,
    { status, code, pointers, detail }: Expected,
  ): Promise<ReturnType<TestServer['call']>> {
    const before = await mayfly.snapshot();
    const answer = await request();
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.detail).toMatch(/\.$/);
    if (detail) expect(answer.body.detail).toMatch(detail);
    if (pointers) {
      const found = (answer.body.errors as { pointer: string }[]).map((error) => error.pointer);
      expect(found.toSorted()).toEqual(pointers.toSorted());
    }
    expect(await mayfly.snapshot()).toBe(before);
    return answer;
  }

  const invalid = (pointer: string): Expected => ({
    status: 422,
    code: 'request.invalid',
    pointers: [pointer],
  });

  describe('in a submission', () => {
    it('an unknown type is told with the known ones', async () => {
      const answer = await refused(() => mayfly.post('/api/tasks', { ...good, type: 'nope' }), {
        status: 422,
        code: 'task.unknown_type',
        pointers: ['/type'],
        detail: /code\.run, generate\.login/,
      });
      expect(answer.body.knownTypes).toContain('sleep');
    });

    it('params that break the schema of the type are told with pointers', async () => {
      const params = { ms: 'soon', typo: 1 };
      await refused(() => mayfly.post('/api/tasks', { ...good, params }), {
        status: 422,
        code: 'task.invalid_params',
        pointers: ['/params/ms', '/params/typo'],
      });
    });

    it.each([
      ['missing', undefined],
      ['zero', 0],
      ['negative', -5],
      ['fractional', 1.5],
      ['text', '1000'],
      ['null', null],
      ['longer than the maximum', 86_400_001],
      ['longer than can be stored', 1e12],
    ])('a ttlMs that is %s', async (_name, ttlMs) => {
      await refused(() => mayfly.post('/api/tasks', { ...good, ttlMs }), invalid('/ttlMs'));
    });

    it('an unknown runtime is told with what there is', async () => {
      const params = { runtime: 'cobol', code: '' };
      await refused(() => mayfly.post('/api/tasks', { ...good, type: 'code.run', params }), {
        status: 422,
        code: 'task.unknown_runtime',
        pointers: ['/params/runtime'],
        detail: /mayfly worker/,
      });
    });

    it.each([
      ['no JSON', '{"type":'],
      ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
      ['a prototype in disguise', '{"__proto__":{"admin":true},"type":"sleep","ttlMs":1}'],
    ])('a body that is %s', async (_name, body) => {
      await refused(() => mayfly.post('/api/tasks', body), {
        status: 400,
        code: 'request.invalid_json',
      });
    });

    it('a body that is no object, or none at all', async () => {
      await refused(() => mayfly.post('/api/tasks', []), { status: 422, code: 'request.invalid' });
      await refused(() => mayfly.post('/api/tasks', 'null'), {
        status: 422,
        code: 'request.invalid',
      });
      await refused(() => mayfly.post('/api/tasks'), { status: 422, code: 'request.invalid' });
      await refused(() => mayfly.call('POST', '/api/tasks', { body: '', headers: {} }), {
        status: 422,
        code: 'request.invalid',
      });
    });

    it('a body of another type', async () => {
      const headers = { 'content-type': 'text/plain' };
      await refused(() => mayfly.call('POST', '/api/tasks', { body: 'hello', headers }), {
        status: 415,
        code: 'request.unsupported_media_type',
      });
    });

    it('a body over the size limit', async () => {
      const params = { ms: 1, padding: 'x'.repeat(30_000) };
      await refused(() => mayfly.post('/api/tasks', { ...good, params }), {
        status: 413,
        code: 'request.too_large',
        detail: /--max-body/,
      });
    });

    it('a body that nests without end', async () => {
      const body = `{"type":"sleep","ttlMs":1,"params":${'['.repeat(9000)}${']'.repeat(9000)}}`;
      await refused(() => mayfly.post('/api/tasks', body), {
        status: 422,
        code: 'task.invalid_params',
        detail: /64 levels/,
      });
    });

    it('a field that is not known, lest a typo passes silently', async () => {
      await refused(
        () => mayfly.post('/api/tasks', { ...good, prioritty: 3 }),
        invalid('/prioritty'),
      );
      await refused(
        () => mayfly.post('/api/tasks', { ...good, retry: { max: 3 } }),
        invalid('/retry/max'),
      );
    });

    it.each([
      ['/queue', { queue: 'no spaces' }],
      ['/queue', { queue: '' }],
      ['/priority', { priority: 101 }],
      ['/description', { description: 'x'.repeat(501) }],
      ['/description', { description: 'nul \0' }],
      ['/runAt', { runAt: 'tomorrow' }],
      ['/delayMs', { delayMs: -1 }],
      ['/delayMs', { delayMs: 5, runAt: '2030-01-01T00:00:00Z' }],
      ['/graceMs', { graceMs: 1001 }],
      ['/queueTtlMs', { queueTtlMs: 0 }],
      ['/totalTtlMs', { totalTtlMs: 0.5 }],
      ['/retry/maxAttempts', { retry: { maxAttempts: 0 } }],
      ['/retry/jitter', { retry: { jitter: 2 } }],
      ['/retry/retryOn/0', { retry: { retryOn: ['completed'] } }],
      ['/labels/a', { labels: { a: 1 } }],
      [
        '/labels',
        { labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`k${n}`, ''])) },
      ],
    ])('a bad %s', async (pointer, fields) => {
      await refused(() => mayfly.post('/api/tasks', { ...good, ...fields }), invalid(pointer));
    });

    it.each([
      ['/params/code', { runtime: 'python' }],
      ['/params/files/0/path', { runtime: 'python', files: [{ path: '../x', content: '' }] }],
    ])('code with a bad %s', async (pointer, params) => {
      await refused(() => mayfly.post('/api/tasks', { ...good, type: 'code.run', params }), {
        status: 422,
        code: 'task.invalid_params',
        pointers: [pointer],
      });
    });
  });

  it('one bad item of a batch is told by its index, and nothing is stored', async () => {
    const tasks = [good, good, { ...good, params: { ms: -1 } }, good];
    const answer = await refused(() => mayfly.post('/api/tasks/batch', { tasks }), {
      status: 422,
      code: 'task.invalid_params',
      pointers: ['/tasks/2/params/ms'],
      detail: /item 2 of the batch/,
    });
    expect(answer.body.items).toEqual([2]);
    await refused(() => mayfly.post('/api/tasks/batch', { tasks: [good, { ...good, ttlMs: 0 }] }), {
      status: 422,
      code: 'request.invalid',
      pointers: ['/tasks/1/ttlMs'],
    });
    await refused(() => mayfly.post('/api/tasks/batch', { tasks: [] }), invalid('/tasks'));
  });

  it('an Idempotency-Key with another body is a conflict; with the same it is the first answer', async () => {
    const post = (body: unknown) =>
      mayfly.call('POST', '/api/tasks', { body, headers: { 'idempotency-key': 'order-7' } });
    const first = await post(good);
    expect(first.status).toBe(201);
    const again = await post({ ttlMs: 1000, params: { ms: 1 }, type: 'sleep', queue: 'default' });
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(first.body.id);
    await refused(() => post({ ...good, ttlMs: 2000 }), {
      status: 409,
      code: 'idempotency.conflict',
    });
    await refused(
      () =>
        mayfly.call('POST', '/api/tasks', {
          body: good,
          headers: { 'idempotency-key': 'x'.repeat(256) },
        }),
      { status: 400, code: 'request.bad_query' },
    );
  });

  describe('in a query', () => {
    it.each([
      ['cursor', 'cursor=abc'],
      ['limit', 'limit=0'],
      ['limit', 'limit=100000'],
      ['limit', 'limit=many'],
      ['status', 'status=done'],
      ['label', 'label=nocolon'],
      ['createdAfter', 'createdAfter=yesterday'],
      ['sttus', 'sttus=failed'],
    ])('a bad %s in the list', async (name, query) => {
      const answer = await refused(() => mayfly.get(`/api/tasks?${query}`), {
        status: 400,
        code: name === 'cursor' ? 'request.bad_cursor' : 'request.bad_query',
      });
      expect(answer.body.errors[0].pointer).toBe(name);
    });

    const unknown = '01900000-0000-7000-8000-00000000dead';
    const routes = [
      ['GET', ''],
      ['GET', '/status'],
      ['GET', '/result'],
      ['GET', '/attempts'],
      ['GET', '/output'],
      ['GET', '/output?follow=1'],
      ['POST', '/retry'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const;

    it.each(routes)('%s /api/tasks/{id}%s of an unknown id', async (method, route) => {
      await refused(() => mayfly.call(method, `/api/tasks/${unknown}${route}`), {
        status: 404,
        code: 'task.not_found',
      });
    });

    it.each(routes)('%s /api/tasks/{id}%s of an id that is none', async (method, route) => {
      await refused(() => mayfly.call(method, `/api/tasks/not-a-uuid${route}`), {
        status: 400,
        code: 'request.bad_query',
        pointers: ['id'],
      });
    });

    it('a worker that is not there', async () => {
      await refused(() => mayfly.post(`/api/workers/${unknown}/drain`), {
        status: 404,
        code: 'worker.not_found',
      });
      await refused(() => mayfly.post('/api/workers/nobody/drain'), {
        status: 400,
        code: 'request.bad_query',
        pointers: ['id'],
      });
    });

    it('a route or method that is not there', async () => {
      await refused(() => mayfly.get('/api/tusks'), { status: 404, code: 'request.not_found' });
      await refused(() => mayfly.call('PUT', '/api/tasks'), {
        status: 404,
        code: 'request.not_found',
      });
    });
  });

  describe('at the wrong time', () => {
    it('retry of a waiting or running task', async () => {
      const waiting = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
      const answer = await refused(() => mayfly.post(`/api/tasks/${waiting.id}/retry`), {
        status: 409,
        code: 'task.not_retryable',
      });
      expect(answer.body.currentStatus).toBe('scheduled');
    });

    it('result and deletion of an unfinished task', async () => {
      const waiting = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
      await refused(() => mayfly.get(`/api/tasks/${waiting.id}/result`), {
        status: 409,
        code: 'task.not_finished',
      });
      await refused(() => mayfly.call('DELETE', `/api/tasks/${waiting.id}`), {
        status: 409,
        code: 'task.not_finished',
      });
    });

    it('cancel and PATCH of a finished task', async () => {
      const { id } = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
      expect((await mayfly.post(`/api/tasks/${id}/cancel`)).body.status).toBe('cancelled');
      for (const request of [
        () => mayfly.post(`/api/tasks/${id}/cancel`),
        () => mayfly.call('PATCH', `/api/tasks/${id}`, { body: { priority: 1 } }),
      ]) {
        const answer = await refused(request, { status: 409, code: 'task.already_finished' });
        expect(answer.body.currentStatus).toBe('cancelled');
      }
    });

    it('PATCH of nothing, of unknown fields, and of what may not be', async () => {
      const { id } = await mayfly.submit('sleep', { ms: 1 }, { delayMs: 60_000 });
      const patch = (body: unknown) => () => mayfly.call('PATCH', `/api/tasks/${id}`, { body });
      await refused(patch({}), invalid(''));
      await refused(patch({ status: 'completed' }), invalid('/status'));
      await refused(patch({ ttlMs: 0 }), invalid('/ttlMs'));
      const fixed = { after: [], webhook: { url: 'https://example.com' }, queue: 'q' };
      await refused(patch({ ...fixed, priority: 1 }), {
        status: 422,
        code: 'request.invalid',
        pointers: ['/after', '/queue', '/webhook'],
        detail: /cannot be changed.* Cancel the task and submit another one\./,
      });
      await refused(patch({ graceMs: 60_000 }), invalid('/graceMs'));
      await refused(patch({ params: { ms: -1 } }), {
        status: 422,
        code: 'task.invalid_params',
        pointers: ['/params/ms'],
      });
    });

    it('cancel or retry of many without a selection, or with two', async () => {
      const both = { ids: ['01900000-0000-7000-8000-00000000dead'], filter: {} };
      for (const action of ['cancel', 'retry']) {
        await refused(() => mayfly.post(`/api/tasks/${action}`, {}), invalid(''));
        await refused(() => mayfly.post(`/api/tasks/${action}`, both), invalid('/filter'));
        await refused(
          () => mayfly.post(`/api/tasks/${action}`, { filter: { sttus: [] } }),
          invalid('/filter/sttus'),
        );
      }
    });
  });
});
