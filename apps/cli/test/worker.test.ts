import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from '@mayfly/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCli, type RunningCli } from './support/cli.ts';
import { makeFolder, NO_CODE, startDev, type Dev, type ReadyDev } from './support/dev.ts';
import { descendantsOf, survivorsOf } from './support/processes.ts';

const HANDLERS = fileURLToPath(new URL('support/handlers.ts', import.meta.url));
const POLL = { timeout: 30_000, interval: 20 };

interface ReadyWorker {
  name: string;
  types: string[];
  concurrency: number;
}

let dev: Dev;

beforeEach(async () => {
  dev = await startDev(['--no-worker']);
});

afterEach(() => dev.stop());

function startWorker(...args: string[]): RunningCli {
  return dev.start(['worker', '--json', ...args]);
}

test('it joins with what the flags say, takes work, and leaves in order', async () => {
  const worker = startWorker(
    '--handlers',
    HANDLERS,
    '--types',
    'test.greet,sleep',
    '--name',
    'one',
    '--concurrency',
    '3',
    '--queues',
    'default,other',
  );
  const ready = await worker.firstJson<ReadyWorker>();
  expect(ready).toMatchObject({ name: 'one', concurrency: 3, types: ['sleep', 'test.greet'] });
  await expect(dev.client.workers()).resolves.toMatchObject([
    { name: 'one', state: 'online', concurrency: 3, queues: ['default', 'other'] },
  ]);
  const greeting = await dev.client.submit({
    type: 'test.greet',
    params: { name: 'x' },
    ttlMs: 5000,
  });
  await expect(dev.client.wait(greeting.id)).resolves.toMatchObject({ worker: 'one' });

  const nap = await dev.client.submit({ type: 'sleep', params: { ms: 1000 }, ttlMs: 60_000 });
  await expect.poll(() => dev.client.status(nap.id), POLL).toMatchObject({ status: 'running' });
  worker.kill('SIGTERM');
  expect(await worker.end).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^mayfly: Stopping: 1 running task has 30\.0s to end\./),
  });
  await expect(dev.client.get(nap.id)).resolves.toMatchObject({ status: 'completed', attempt: 1 });
});

test('work shares out over several workers', async () => {
  const workers = ['a', 'b', 'c'].map((name) =>
    startWorker('--types', 'sleep', '--name', name, '--concurrency', '2'),
  );
  for (const worker of workers) await worker.firstJson();
  const naps = Array.from({ length: 30 }, () => ({
    type: 'sleep',
    params: { ms: 50 },
    ttlMs: 5000,
  }));
  const tasks = await dev.client.submitBatch(naps);
  const ends = await Promise.all(tasks.map(({ id }) => dev.client.wait(id)));
  expect(ends.every(({ status, attempt }) => status === 'completed' && attempt === 1)).toBe(true);
  expect(new Set(ends.map(({ worker }) => worker))).toEqual(new Set(['a', 'b', 'c']));
  for (const worker of workers) worker.kill('SIGTERM');
  for (const worker of workers) expect(await worker.end).toMatchObject({ code: 0 });
});

test('it ends in order when an operator drains it', async () => {
  const worker = startWorker('--types', 'sleep', '--name', 'drained');
  await worker.firstJson();
  const nap = await dev.client.submit({ type: 'sleep', params: { ms: 1000 }, ttlMs: 60_000 });
  await expect.poll(() => dev.client.status(nap.id), POLL).toMatchObject({ status: 'running' });
  const drained = (await dev.client.workers()).find(({ name }) => name === 'drained');
  const { code } = await dev.cli(['workers', '--drain', drained?.id ?? '']);
  expect(code).toBe(0);
  const waiting = await dev.client.submit({ type: 'sleep', params: { ms: 1 }, ttlMs: 60_000 });
  expect(await worker.end).toMatchObject({ code: 0 });
  await expect(dev.client.get(nap.id)).resolves.toMatchObject({ status: 'completed', attempt: 1 });
  await expect(dev.client.get(waiting.id)).resolves.toMatchObject({ status: 'pending' });
  await dev.client.cancel(waiting.id);
  const again = await dev.cli(['workers', '--drain', drained?.id ?? '', '--json']);
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stderr)).toMatchObject({ code: 'worker.not_found' });
});

test('a second signal ends it at once, with all that it has started', async () => {
  const worker = startWorker('--handlers', HANDLERS, '--types', 'test.spin');
  await worker.firstJson();
  const { id } = await dev.client.submit({ type: 'test.spin', params: {}, ttlMs: 900_000 });
  await expect
    .poll(() => dev.client.output(id).then(({ log }) => log), POLL)
    .toMatch(/^process \d+\n$/);
  const family = descendantsOf(worker.pid);
  expect(family.length).toBeGreaterThan(0);
  worker.kill('SIGTERM');
  await worker.shows(/Stopping: 1 running task has/);
  await new Promise((resolve) => setTimeout(resolve, 150));
  worker.kill('SIGTERM');
  expect(await worker.end).toMatchObject({ code: 1 });
  await expect.poll(() => survivorsOf(family), POLL).toEqual([]);
});

test('it waits for a server, and comes back to one that was away, also on another gRPC port', async () => {
  const folder = makeFolder();
  const { port } = new URL(dev.url);
  await dev.stop();
  const env = { MAYFLY_SERVER: dev.url, MAYFLY_API_KEY: 'key-of-this-test' };
  const worker = startCli(['worker', '--types', 'sleep'], { cwd: folder, env });
  await worker.shows(/the server cannot be reached; trying again/);

  const serve = (): RunningCli =>
    startCli(['serve', '--port', port, '--grpc-port', '0', '--json'], { cwd: folder, env });
  const first = serve();
  const { url } = await first.firstJson<ReadyDev>();
  const client = createClient({ url, apiKey: env.MAYFLY_API_KEY });
  await worker.shows(/is ready/);
  first.kill('SIGTERM');
  expect(await first.end).toMatchObject({ code: 0 });

  const second = serve();
  await second.firstJson();
  const { id } = await client.submit({ type: 'sleep', params: { ms: 1 }, ttlMs: 5000 });
  await expect(client.wait(id)).resolves.toMatchObject({ status: 'completed' });
  worker.kill('SIGTERM');
  expect(await worker.end).toMatchObject({ code: 0 });
  second.kill('SIGTERM');
  await second.end;
  rmSync(folder, { recursive: true, force: true });
  dev = await startDev(['--no-worker', ...NO_CODE]);
});
