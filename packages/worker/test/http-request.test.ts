import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type JsonObject } from '@mayfly/contracts';
import { createBuiltInOperations, type JobEnd } from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('http.request', () => {
  let server: Server;
  let other: Server;
  let url: string;
  let otherUrl: string;
  const seen: { url: string; headers: IncomingMessage['headers']; method: string; body: string }[] =
    [];

  async function listen(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<Server> {
    const created = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({
          url: request.url ?? '',
          headers: request.headers,
          method: request.method ?? '',
          body,
        });
        answer(request, response);
      });
    }).listen(0, '127.0.0.1');
    await once(created, 'listening');
    return created;
  }

  const urlOf = (target: Server): string =>
    `http://127.0.0.1:${(target.address() as AddressInfo).port}`;

  beforeAll(async () => {
    other = await listen((_request, response) => response.end('other'));
    otherUrl = urlOf(other);
    server = await listen((request, response) => {
      const path = request.url ?? '';
      if (path === '/hang') return;
      if (path === '/big') response.end('x'.repeat(5000));
      else if (path === '/binary') response.end(Buffer.from([0, 255]));
      else if (path.startsWith('/loop')) response.writeHead(302, { location: '/loop' }).end();
      else if (path === '/away') response.writeHead(302, { location: `${otherUrl}/landed` }).end();
      else if (path === '/keep') response.writeHead(307, { location: '/target' }).end();
      else if (path === '/see-other') response.writeHead(303, { location: '/target' }).end();
      else if (path === '/odd') response.writeHead(302, { location: 'ftp://example.com/' }).end();
      else response.writeHead(path === '/missing' ? 404 : 200, { 'x-test': 'yes' }).end('hello ü');
    });
    url = urlOf(server);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    other.close();
  });

  async function call(params: JsonObject, allowPrivateAddresses = true): Promise<JobEnd> {
    const operations = createBuiltInOperations({ clock: systemClock, allowPrivateAddresses });
    const { isolation } = operations.find(
      ({ taskType }) => taskType.name === 'http.request',
    ) as (typeof operations)[0];
    const job = { taskId: 'x', attempt: 1, params };
    const end = await isolation.start(job, { output: () => undefined, progress: () => undefined })
      .ended;
    await isolation.close();
    return end;
  }

  it('keeps status, headers and body, also of an error answer', async () => {
    const headers = { 'x-mine': '1' };
    expect(
      await call({ url: `${url}/missing`, method: 'POST', body: 'payload', headers }),
    ).toMatchObject({
      kind: 'returned',
      result: { status: 404, body: 'hello ü', redirects: 0, headers: { 'x-test': 'yes' } },
    });
    expect(seen.at(-1)).toMatchObject({ method: 'POST', body: 'payload', headers });
  });

  it('keeps bytes that are no text', async () => {
    expect(await call({ url: `${url}/binary` })).toMatchObject({
      result: { body: { base64: 'AP8=' } },
    });
  });

  it('follows redirects, and keeps secrets from other origins', async () => {
    const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-plain': 'stays' };
    const end = await call({ url: `${url}/away`, headers });
    expect(end).toMatchObject({
      result: { status: 200, body: 'other', redirects: 1, url: `${otherUrl}/landed` },
    });
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-plain': 'stays' });
    expect(seen.at(-1)?.headers).not.toHaveProperty('authorization');
    expect(seen.at(-1)?.headers).not.toHaveProperty('cookie');
  });

  it('keeps or drops method and body as the status says', async () => {
    await call({ url: `${url}/keep`, method: 'POST', body: 'data' });
    expect(seen.at(-1)).toMatchObject({ url: '/target', method: 'POST', body: 'data' });
    await call({ url: `${url}/see-other`, method: 'POST', body: 'data' });
    expect(seen.at(-1)).toMatchObject({ url: '/target', method: 'GET', body: '' });
  });

  it('can leave redirects alone', async () => {
    expect(await call({ url: `${url}/away`, maxRedirects: 0 })).toMatchObject({
      result: { status: 302 },
    });
  });

  it.each([
    ['http.too_many_redirects', () => ({ url: `${url}/loop`, maxRedirects: 3 })],
    ['http.too_large', () => ({ url: `${url}/big`, maxBytes: 4999 })],
    ['http.timeout', () => ({ url: `${url}/hang`, timeoutMs: 50 })],
    ['http.bad_response', () => ({ url: 'http://127.0.0.1:1/' })],
    ['task.invalid_params', () => ({ url: 'file:///etc/passwd' })],
    ['task.invalid_params', () => ({ url: `${url}/odd` })],
  ])('fails with %s', async (code, params) => {
    expect(await call(params())).toMatchObject({ kind: 'threw', code });
  });

  it.each([
    () => `${url}/x`,
    () => `http://localhost:${(server.address() as AddressInfo).port}/x`,
    () => 'http://[::1]:80/',
    () => 'http://[::ffff:127.0.0.1]:80/',
    () => 'http://2130706433/',
    () => 'http://0x7f.1/',
    () => 'http://169.254.169.254/latest/meta-data/',
  ])('refuses private addresses unless they are allowed (%#)', async (target) => {
    const before = seen.length;
    expect(await call({ url: target() }, false)).toMatchObject({
      kind: 'threw',
      code: 'http.refused_address',
    });
    expect(seen).toHaveLength(before);
  });
});
