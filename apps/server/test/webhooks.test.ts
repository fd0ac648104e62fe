import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

const SECRET = 'a secret that nobody guesses';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

describe('webhooks', () => {
  let mayfly: TestServer;
  let receiver: Server;
  let url: string;
  const received: Received[] = [];
  let arrived = Promise.withResolvers<void>();

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      void text(request).then((body) => {
        const path = request.url ?? '';
        received.push({ path, headers: request.headers, body });
        if (path === '/moved') response.writeHead(302, { location: '/target' });
        else response.writeHead(path === '/broken' ? 500 : 204);
        response.end();
        arrived.resolve();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    mayfly = await TestServer.start({ webhookSecret: SECRET, allowPrivateWebhooks: true });
    await mayfly.work();
  });
  afterAll(async () => {
    await mayfly.stop();
    receiver.close();
  });

  /** The request at a path, when it has come. */
  async function at(path: string): Promise<Received> {
    for (;;) {
      const found = received.find((request) => request.path === path);
      if (found) return found;
      arrived = Promise.withResolvers();
      await arrived.promise;
    }
  }

  /** The one delivery of a task, when a try has been recorded. */
  async function tried(id: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { body } = await mayfly.get(`/api/tasks/${id}/webhooks`);
      const [delivery] = body.items;
      if (delivery && (delivery.lastStatus !== null || delivery.lastError !== null))
        return delivery;
    }
  }

  it('get a signed POST when the task has ended', async () => {
    const task = await mayfly.submit(
      'sleep',
      { ms: 1 },
      { webhook: { url: `${url}/good` }, labels: { customer: '42' } },
    );
    const { headers, body } = await at('/good');
    expect(JSON.parse(body)).toMatchObject({
      type: 'task.completed',
      data: { id: task.id, status: 'completed', type: 'sleep', labels: { customer: '42' } },
    });
    const [id, seconds] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])];
    const signed = `${id}.${seconds}.${body}`;
    const expected = createHmac('sha256', SECRET).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    const ageMs = Date.now() - Number(seconds) * 1000;
    expect(ageMs).toBeLessThan(60_000);
    expect(await tried(task.id)).toMatchObject({
      id: headers['webhook-id'],
      state: 'delivered',
      attempts: 1,
      lastStatus: 204,
    });
    const whole = JSON.stringify(await mayfly.get(`/api/tasks/${task.id}`));
    expect(whole).toContain(`${url}/good`);
    expect(whole).not.toContain(SECRET);
  });

  it('are tried again later when the receiver fails or redirects, which is not followed', async () => {
    for (const [path, status] of [
      ['/broken', 500],
      ['/moved', 302],
    ] as const) {
      const task = await mayfly.submit('sleep', { ms: 1 }, { webhook: { url: url + path } });
      const delivery = await tried(task.id);
      expect(delivery).toMatchObject({ state: 'waiting', attempts: 1, lastStatus: status });
      expect(Date.parse(String(delivery['nextTryAt']))).toBeGreaterThan(
        Date.parse(String(delivery['lastTriedAt'])) + 3000,
      );
    }
    expect(received.map(({ path }) => path)).not.toContain('/target');
  });

  it('are told only of the ends that were asked for', async () => {
    const webhook = { url: `${url}/never`, events: ['failed'] };
    const task = await mayfly.submit('sleep', { ms: 1 }, { webhook });
    await mayfly.finished(task.id);
    expect((await mayfly.get(`/api/tasks/${task.id}/webhooks`)).body).toEqual({ items: [] });
  });

  it('are seen by who sees the task', async () => {
    const task = await mayfly.submit('sleep', { ms: 1 }, { webhook: { url: `${url}/own` } });
    const other = await mayfly.makeKey('tasks:read');
    expect((await mayfly.get(`/api/tasks/${task.id}/webhooks`, other)).status).toBe(404);
  });

  describe('with bad input are told what to mend, and nothing is stored', () => {
    let strict: TestServer;
    beforeAll(async () => {
      strict = await TestServer.start({ webhookSecret: SECRET });
    });
    afterAll(() => strict.stop());

    async function refused(server: TestServer, webhook: unknown, pointer: string, detail: RegExp) {
      const before = await server.snapshot();
      const body = { type: 'sleep', params: { ms: 1 }, ttlMs: 1000, webhook };
      const answer = await server.post('/api/tasks', body);
      expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
        pointer,
      ]);
      expect(answer.body.detail).toMatch(detail);
      expect(await server.snapshot()).toBe(before);
    }

    it.each([
      ['no address', 'example.com/x', /http or https/],
      ['another protocol', 'ftp://example.com/x', /http or https/],
      ['credentials', 'https://user:word@example.com/', /signature/],
      ['a loopback address', 'http://127.0.0.1/x', /--allow-private-webhooks/],
      ['a short loopback address', 'http://127.1/x', /private/],
      ['a private IPv6 address', 'http://[fd00::1]/x', /private/],
      ['a mapped address', 'http://[::ffff:10.0.0.1]/x', /private/],
      ['a metadata address', 'http://169.254.169.254/latest', /private/],
      ['localhost', 'http://localhost:8080/', /private/],
    ])('%s', async (_name, address, detail) => {
      await refused(strict, { url: address }, '/webhook/url', detail);
    });

    it('unknown events, none, and fields that are none', async () => {
      const good = 'https://example.com/';
      await refused(strict, { url: good, events: ['ended'] }, '/webhook/events/0', /completed/);
      await refused(strict, { url: good, events: [] }, '/webhook/events', /fewer/);
      await refused(strict, { url: good, secret: 'x' }, '/webhook/secret', /known/);
      await refused(strict, {}, '/webhook/url', /required/);
    });

    it('a server without a secret', async () => {
      const plain = await TestServer.start();
      await refused(plain, { url: 'https://example.com/' }, '/webhook', /MAYFLY_WEBHOOK_SECRET/);
      await plain.stop();
    });
  });
});
