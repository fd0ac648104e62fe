import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectUntil, readEvents } from './events.ts';
import { HeldOperation, type HeldJob } from './operations.ts';
import { ADMIN_KEY, TestServer } from './support.ts';

describe('live answers', () => {
  let mayfly: TestServer;
  const held = new HeldOperation();
  const headers = { 'x-apikey': ADMIN_KEY };

  beforeAll(async () => {
    mayfly = await TestServer.start();
    await mayfly.work([held]);
  });
  afterAll(() => mayfly.stop());

  const follow = (id: string, more: Record<string, string> = {}) =>
    readEvents(`${mayfly.server.url}/api/tasks/${id}/output?follow=1`, { ...headers, ...more });

  function print(job: HeldJob, text: string | Buffer): void {
    job.events.output('stdout', Buffer.from(text as string));
  }

  it('output can be read while the task runs, and after', async () => {
    const { id } = await mayfly.submit('held', null);
    const job = await held.next();
    const events = follow(id);
    print(job, 'one\n');
    await collectUntil(events, (event) => event.event === 'output');
    const { body: early } = await mayfly.get(`/api/tasks/${id}/output`);
    expect(early).toMatchObject({
      status: 'running',
      attempt: 1,
      stdout: 'one\n',
      stderr: '',
      log: '',
    });
    job.events.output('stderr', Buffer.from('oops'));
    job.events.output('log', Buffer.from('noted\n'));
    print(job, Buffer.from([0xff, 0x00]));
    job.end({ kind: 'returned', result: null });
    await mayfly.finished(id);
    const { body } = await mayfly.get(`/api/tasks/${id}/output`);
    expect(body).toMatchObject({ status: 'completed', stderr: 'oops', log: 'noted\n' });
    expect(Buffer.from(body.stdout.base64, 'base64')).toEqual(
      Buffer.from([...Buffer.from('one\n'), 0xff, 0x00]),
    );
  });

  it('follow=1 streams output as it comes, then the end', async () => {
    const { id } = await mayfly.submit('held', null);
    const job = await held.next();
    const events = follow(id);
    print(job, 'first');
    const before = await collectUntil(events, (event) => event.event === 'output');
    expect(before.at(-1)).toMatchObject({
      id: '1:0',
      data: { attempt: 1, seq: 0, stream: 'stdout', text: 'first' },
    });
    const again = follow(id, { 'last-event-id': '1:0' });
    print(job, 'second \0');
    job.end({ kind: 'returned', result: 1 });
    const rest = await collectUntil(again, (event) => event.event === 'end');
    const texts = rest.filter((event) => event.event === 'output').map((event) => event.data.text);
    expect(texts).toEqual(['second \0']);
    expect(rest.at(-1)?.data).toMatchObject({ id, status: 'completed', error: null });
  });

  it('follow=1 of a finished task replays it and ends', async () => {
    const { id } = await mayfly.submit('held', null);
    const job = await held.next();
    for (let n = 0; n < 2500; n++) print(job, `${n}\n`);
    job.end({ kind: 'threw', code: 'x', message: 'y' });
    await mayfly.finished(id);
    const events = await collectUntil(follow(id), (event) => event.event === 'end');
    const text = events
      .filter((event) => event.event === 'output')
      .map((event) => event.data.text)
      .join('');
    expect(text).toBe(Array.from({ length: 2500 }, (_, n) => `${n}\n`).join(''));
    expect(events.at(-1)?.data).toMatchObject({ status: 'failed', error: { code: 'x' } });
  });

  it('follow=1 goes on through retries', async () => {
    const { id } = await mayfly.submit('held', null, { retry: { maxAttempts: 2, delayMs: 1 } });
    const events = follow(id);
    const first = await held.next();
    print(first, 'a');
    first.end({ kind: 'threw', code: 'x', message: 'y' });
    const second = await held.next();
    print(second, 'b');
    second.end({ kind: 'returned', result: null });
    const all = await collectUntil(events, (event) => event.event === 'end');
    const output = all.filter((event) => event.event === 'output');
    expect(output.map((event) => [event.data.attempt, event.data.text])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('10 MB of output arrive byte for byte', async () => {
    const { id } = await mayfly.submit('held', null, { ttlMs: 60_000 });
    const job = await held.next();
    const block = Buffer.alloc(1024 * 1024);
    for (let n = 0; n < block.length; n++) block[n] = n % 251;
    for (let n = 0; n < 10; n++) print(job, block);
    job.end({ kind: 'returned', result: null });
    await mayfly.finished(id);
    const { body } = await mayfly.get(`/api/tasks/${id}/output`);
    const bytes = Buffer.from(body.stdout.base64, 'base64');
    expect(bytes.length).toBe(10 * block.length);
    expect(bytes.subarray(9 * block.length).equals(block)).toBe(true);
  });

  it('the stream of status changes tells each one, with filters', async () => {
    const events = readEvents(`${mayfly.server.url}/api/tasks/stream?type=held`, headers);
    // The subscription exists once the first event comes; submit until one does.
    const first = events.next();
    const done = new Set<string>();
    while (!(await isSettled(first))) {
      const { id } = await mayfly.submit('held', null);
      done.add(id);
      (await held.next()).end({ kind: 'returned', result: null });
      await mayfly.finished(id);
      await mayfly.submit('sleep', { ms: 0 });
    }
    const all = [
      (await first).value,
      ...(await collectUntil(events, (event) => event.data.status === 'completed')),
    ] as {
      data: { id: string; type: string; status: string };
    }[];
    expect(all.every(({ data }) => data.type === 'held' && done.has(data.id))).toBe(true);
    expect(all.map(({ data }) => data.status).slice(-2)).toEqual(['running', 'completed']);
  });

  it('keys without tasks:read:all are told of their own tasks only', async () => {
    const key = await mayfly.makeKey('tasks:read', 'tasks:write');
    const events = readEvents(`${mayfly.server.url}/api/tasks/stream`, { 'x-apikey': key });
    const first = events.next();
    const own = new Set<string>();
    while (!(await isSettled(first))) {
      await mayfly.finished((await mayfly.submit('sleep', { ms: 0 })).id);
      const { body } = await mayfly.post(
        '/api/tasks',
        { type: 'sleep', params: { ms: 0 }, ttlMs: 1000 },
        key,
      );
      own.add(body.id as string);
      await mayfly.finished(body.id as string);
    }
    const rest = await collectUntil(events, (event) => event.data.status === 'completed');
    for (const { data } of [(await first).value as { data: { id: string } }, ...rest]) {
      expect(own.has(data.id)).toBe(true);
    }
  });

  it('streams end when the server does', async () => {
    const short = await TestServer.start();
    const events = readEvents(`${short.server.url}/api/tasks/stream`, headers);
    const first = events.next();
    while (!(await isSettled(first))) {
      const { id } = await short.submit('sleep', { ms: 0 });
      await short.finished(id);
    }
    expect((await first).done).toBe(false);
    await short.stop();
    let last = await events.next();
    while (!last.done) last = await events.next();
  });
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}
