import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MayflyError } from '@mayfly/contracts';
import { createClient } from '@mayfly/client';
import { afterEach, describe, expect, test } from 'vitest';
import {
  deadUrl,
  hangUp,
  json,
  silence,
  startScriptedServer,
  type ScriptedServer,
} from './support/scripted-server.ts';

const servers: ScriptedServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function scripted(...answers: Parameters<typeof startScriptedServer>[0]) {
  const server = await startScriptedServer(answers);
  servers.push(server);
  return { server, client: createClient({ url: server.url, apiKey: 'a-key', retries: 2 }) };
}

const draining = json(
  503,
  { code: 'server.draining', detail: 'Ask another server.' },
  { 'retry-after': '0' },
);

describe('errors', () => {
  test('a problem document becomes a MayflyError with its code, fields and further members', async () => {
    const { client } = await scripted(
      json(409, {
        type: 'urn:mayfly:error:task.not_finished',
        title: 'The task has not finished',
        status: 409,
        code: 'task.not_finished',
        detail: 'The task is running.',
        errors: [{ pointer: '/x', detail: 'is wrong' }],
        currentStatus: 'running',
      }),
    );
    const error = await client.result('1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MayflyError);
    expect(error).toMatchObject({
      code: 'task.not_finished',
      message: 'The task is running.',
      status: 409,
      errors: [{ pointer: '/x', detail: 'is wrong' }],
      extra: { currentStatus: 'running' },
    });
  });

  test('a code of a newer server keeps its sentence', async () => {
    const { client } = await scripted(json(418, { code: 'tea.pot', detail: 'Short and stout.' }));
    await expect(client.get('1')).rejects.toMatchObject({
      code: 'internal.error',
      message: 'Short and stout.',
      extra: { code: 'tea.pot' },
    });
  });

  test.each([200, 404, 500])('an answer %i that is no JSON names the address', async (status) => {
    const { client, server } = await scripted((response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>hello</h1>');
    });
    await expect(client.get('1')).rejects.toMatchObject({
      code: 'server.unreachable',
      message: expect.stringContaining(
        `${server.url}/api/tasks/1 answered ${status} with text/html`,
      ),
    });
  });

  test('nobody there: the error tells how to start a server', async () => {
    const url = await deadUrl();
    const client = createClient({ url, retries: 0 });
    await expect(client.stats()).rejects.toMatchObject({
      code: 'server.unreachable',
      message: `No Mayfly server can be reached at ${url} (connection refused). Start one with \`mayfly dev\`, or correct the address.`,
    });
  });

  test('a server that never answers ends with the time limit, and is asked once', async () => {
    const { server } = await scripted(silence);
    const client = createClient({ url: server.url, timeoutMs: 50 });
    await expect(client.get('1')).rejects.toThrow(/has not answered within 50 ms/);
    expect(server.requests).toHaveLength(1);
  });

  test.each(['', '.', '..'])('an id %j cannot become another path', async (id) => {
    const { client, server } = await scripted(json(200, {}));
    await expect(client.get(id)).rejects.toMatchObject({ code: 'request.bad_query' });
    expect(server.requests).toHaveLength(0);
  });

  test.each(['localhost:2424', 'ftp://x', 'http://user:secret@x', 'http://x?y=1', ''])(
    'the address %j is refused',
    (url) => {
      expect(() => createClient({ url })).toThrow(/is no address of a server/);
    },
  );

  test('a key with white space is refused before it is sent', () => {
    expect(() => createClient({ url: 'http://x', apiKey: 'two words\n' })).toThrow(MayflyError);
  });
});

describe('retries', () => {
  test('reading is tried again after a cut connection and after 503', async () => {
    const { client, server } = await scripted(hangUp, draining, json(200, { version: '1' }));
    await expect(client.info()).resolves.toEqual({ version: '1' });
    expect(server.requests).toHaveLength(3);
  });

  test('reading gives up after its retries, with the last error', async () => {
    const { client, server } = await scripted(draining);
    await expect(client.info()).rejects.toMatchObject({ code: 'server.draining' });
    expect(server.requests).toHaveLength(3);
  });

  test('a refusal is not tried again', async () => {
    const { client, server } = await scripted(json(404, { code: 'task.not_found', detail: 'No.' }));
    await expect(client.get('1')).rejects.toMatchObject({ code: 'task.not_found' });
    expect(server.requests).toHaveLength(1);
  });

  test('what changes something is tried once', async () => {
    const { client, server } = await scripted(hangUp);
    for (const call of [
      () => client.submit({ type: 'sleep', ttlMs: 1 }),
      () => client.submitBatch([]),
      () => client.cancel('1'),
      () => client.retry('1'),
      () => client.change('1', {}),
      () => client.delete('1'),
      () => client.cancelMany({}),
      () => client.retryMany({}),
      () => client.apiKeys.create({ name: 'x', claims: ['admin'] }),
      () => client.apiKeys.delete('1'),
    ]) {
      const before = server.requests.length;
      await expect(call()).rejects.toMatchObject({ code: 'server.unreachable' });
      expect(server.requests).toHaveLength(before + 1);
    }
  });

  test('a submission with an idempotency key is tried again, with the same key', async () => {
    const { client, server } = await scripted(hangUp, json(201, { id: '1' }));
    const submission = { type: 'sleep', ttlMs: 1 };
    await expect(client.submit(submission, { idempotencyKey: 'once' })).resolves.toEqual({
      id: '1',
    });
    expect(server.requests.map((request) => request.headers['idempotency-key'])).toEqual([
      'once',
      'once',
    ]);
  });

  test('a signal ends the wait between two tries', async () => {
    const stop = new AbortController();
    const { client } = await scripted((response) => {
      draining(response, response.req);
      setImmediate(() => stop.abort(new Error('enough')));
    });
    await expect(client.info({ signal: stop.signal })).rejects.toThrow('enough');
  });

  test('a signal ends a request', async () => {
    const stop = new AbortController();
    const { client } = await scripted(() => stop.abort(new Error('enough')));
    await expect(client.info({ signal: stop.signal })).rejects.toThrow('enough');
  });
});

test('a script that waits for the next try does not end in the middle of it', async () => {
  const url = await deadUrl();
  const script = `
    import { createClient } from '@mayfly/client';
    try { await createClient({ url: '${url}' }).info(); }
    catch (error) { console.log(error.code); }`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@mayfly/source', '--input-type=module', '--eval', script],
    { cwd: import.meta.dirname },
  );
  expect(stdout).toBe('server.unreachable\n');
});

describe('requests', () => {
  test('carry the key, the query and the path of the address', async () => {
    const { server } = await scripted(json(200, { items: [], nextCursor: null }));
    const client = createClient({ url: `${server.url}/behind/a/proxy/`, apiKey: 'a-key' });
    await client.list({ status: ['failed', 'expired'], label: ['a:b c'], limit: 3 });
    const [request] = server.requests;
    expect(request?.url).toBe(
      '/behind/a/proxy/api/tasks?status=failed&status=expired&label=a%3Ab+c&limit=3',
    );
    expect(request?.headers['x-apikey']).toBe('a-key');
  });

  test('go through the given fetch', async () => {
    const asked: string[] = [];
    const client = createClient({
      url: 'http://mayfly.example',
      fetch: (input) => {
        asked.push(input as string);
        return Promise.resolve(Response.json({ status: 'ok' }));
      },
    });
    await expect(client.health()).resolves.toEqual({ status: 'ok' });
    expect(asked).toEqual(['http://mayfly.example/readyz']);
  });
});
