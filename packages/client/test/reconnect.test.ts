import { createClient, type OutputEvent } from '@mayfly/client';
import { defineHandler, toOperation } from '@mayfly/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startCuttingProxy, type CuttingProxy } from './support/cutting-proxy.ts';
import { API_KEY, startMayfly, type Mayfly } from './support/mayfly.ts';
import { deadUrl, json, startScriptedServer } from './support/scripted-server.ts';

let mayfly: Mayfly;
let proxy: CuttingProxy;

/** The handler writes a line each time this is called. */
let writeLine: () => void = () => undefined;

beforeAll(async () => {
  const teller = defineHandler({
    type: 'test.teller',
    isolation: 'inline',
    params: z.object({ lines: z.int() }),
    async run({ lines }, { log, progress }) {
      for (let line = 1; line <= lines; line++) {
        await new Promise<void>((resolve) => (writeLine = resolve));
        log(`line ${line}`);
        progress((100 * line) / lines);
      }
    },
  });
  mayfly = await startMayfly([toOperation(teller, {})]);
  proxy = await startCuttingProxy(mayfly.server.url);
});

afterAll(async () => {
  await proxy.close();
  await mayfly.stop();
});

test('output is followed across cuts: every line once, in order, then the end', async () => {
  const client = createClient({ url: proxy.url, apiKey: API_KEY });
  const task = await client.submit({ type: 'test.teller', params: { lines: 4 }, ttlMs: 60_000 });
  const lines: string[] = [];
  let last: OutputEvent | undefined;
  for await (const event of client.followOutput(task.id)) {
    last = event;
    if (event.kind === 'status' && event.status === 'running' && lines.length === 0) writeLine();
    if (event.kind !== 'output') continue;
    lines.push(Buffer.from(event.data).toString());
    if (lines.length % 2 === 1) proxy.cut();
    writeLine();
  }
  expect(lines.join('')).toBe('line 1\nline 2\nline 3\nline 4\n');
  expect(last).toMatchObject({ kind: 'end', status: 'completed' });
});

test('a wait survives a cut', async () => {
  const client = createClient({ url: proxy.url, apiKey: API_KEY });
  const task = await client.submit({ type: 'test.teller', params: { lines: 1 }, ttlMs: 60_000 });
  const waiting = client.wait(task.id);
  for await (const event of mayfly.client.followOutput(task.id)) {
    if (event.kind !== 'status' || event.status !== 'running') continue;
    proxy.cut();
    writeLine();
  }
  await expect(waiting).resolves.toMatchObject({ status: 'completed' });
});

test('a stream that cannot come back ends with the reason, after its time', async () => {
  const server = await startScriptedServer([
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: status\ndata: {"status":"running","attempt":1,"progress":null}\n\n');
    },
  ]);
  const client = createClient({ url: server.url, reconnectMs: 0 });
  const events: OutputEvent[] = [];
  const following = (async () => {
    for await (const event of client.followOutput('1')) {
      events.push(event);
      await server.close();
    }
  })();
  await expect(following).rejects.toMatchObject({ code: 'server.unreachable' });
  expect(events).toEqual([{ kind: 'status', status: 'running', attempt: 1, progress: null }]);
});

test('a stream that is refused, or is none, does not come back', async () => {
  const refusing = await startScriptedServer([
    json(401, { code: 'auth.unknown_key', detail: 'No.' }),
  ]);
  const wrong = await startScriptedServer([json(200, { not: 'a stream' })]);
  for (const [url, code] of [
    [refusing.url, 'auth.unknown_key'],
    [wrong.url, 'server.unreachable'],
    [await deadUrl(), 'server.unreachable'],
  ] as const) {
    const stream = createClient({ url, retries: 0 }).followOutput('1')[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ code });
  }
  await refusing.close();
  await wrong.close();
});
