import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDev, type Dev } from './support/dev.ts';

const HANDLERS = fileURLToPath(new URL('support/handlers.ts', import.meta.url));
const WORKERS = 10;
const TASKS = 10_000;

let dev: Dev;

beforeAll(async () => {
  dev = await startDev(['--no-worker']);
});

afterAll(() => dev.stop());

test('ten workers share ten thousand tasks, each exactly once', async () => {
  const flags = ['--handlers', HANDLERS, '--types', 'test.tally', '--concurrency', '8'];
  const workers = Array.from({ length: WORKERS }, (_, number) =>
    dev.start(['worker', '--json', ...flags, '--name', `worker-${number}`]),
  );
  for (const worker of workers) await worker.firstJson();

  const file = join(dev.folder, 'tally');
  const submission = { type: 'test.tally', params: { file }, ttlMs: 60_000 };
  const tasks = await dev.client.submitBatch(Array.from({ length: TASKS }, () => submission));
  await expect
    .poll(() => dev.client.stats().then((stats) => stats.tasks.completed), { timeout: 120_000 })
    .toBe(TASKS);

  const ran = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(ran).toHaveLength(TASKS);
  expect(new Set(ran)).toEqual(new Set(tasks.map(({ id }) => id)));

  const shares = new Map<string, number>();
  for await (const { worker } of dev.client.listAll({ type: 'test.tally', limit: 1000 })) {
    shares.set(worker ?? 'none', (shares.get(worker ?? 'none') ?? 0) + 1);
  }
  expect([...shares.keys()].toSorted()).toEqual(
    workers.map((_, number) => `worker-${number}`).toSorted(),
  );
  // Nobody is left out, and nobody does the work of three.
  const fair = TASKS / WORKERS;
  expect(Math.max(...shares.values())).toBeLessThan(3 * fair);
  expect(Math.min(...shares.values())).toBeGreaterThan(fair / 10);

  for (const worker of workers) worker.kill('SIGTERM');
  for (const worker of workers) expect(await worker.end).toMatchObject({ code: 0 });
});
