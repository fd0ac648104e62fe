import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MayflyClient, Submission } from '@mayfly/client';
import { requirePart } from '@mayfly/testkit';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, startDev, type Dev } from './support/dev.ts';
import { descendantsOf, survivorsOf } from './support/processes.ts';
import { probeSandbox } from './support/sandbox.ts';

const HANDLERS = fileURLToPath(new URL('support/handlers.ts', import.meta.url));
const CRASHES = 3;

const { failure, names } = await probeSandbox();
const hasBash = requirePart('a sandbox with bash', names.includes('bash'), failure ?? '');
const folder = makeFolder();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('kill -9 in the middle of running tasks loses none and leaves none stuck', async () => {
  const accepted = new Set<string>();
  const completed = new Map<string, number>();
  for (let crash = 0; crash < CRASHES; crash++) {
    const dev = await start();
    await loadUntilBusy(dev.client, accepted, completed.size + 40);
    for await (const task of dev.client.listAll({ status: ['completed'], limit: 1000 })) {
      completed.set(task.id, task.attempt);
    }
    const family = descendantsOf(dev.pid);
    dev.process.kill('SIGKILL');
    await dev.process.end;
    await expect.poll(() => survivorsOf(family), { timeout: 20_000 }).toEqual([]);
    await dev.stop();
  }

  const last = await start();
  await expect
    .poll(() => last.client.stats().then(({ tasks }) => tasks.pending + tasks.running), {
      timeout: 120_000,
    })
    .toBe(0);
  const seen = new Set<string>();
  for await (const task of last.client.listAll({ limit: 1000 })) {
    expect(task, `task ${task.id}`).toMatchObject({ status: 'completed', error: null });
    seen.add(task.id);
    // What had completed did not run again.
    const attempt = completed.get(task.id);
    if (attempt !== undefined) expect(task.attempt).toBe(attempt);
  }
  expect([...accepted].filter((id) => !seen.has(id))).toEqual([]);
  expect(accepted.size).toBeGreaterThan(100);
  expect(completed.size).toBeGreaterThan(0);
  await last.stop();
});

function start(): Promise<Dev> {
  const data = ['--database', 'embedded', '--data', join(folder, 'data')];
  return startDev([...data, '--handlers', HANDLERS, '--concurrency', '12']);
}

/** Keeps submitting, and returns while that goes on: some have completed, others run. */
async function loadUntilBusy(
  client: MayflyClient,
  accepted: Set<string>,
  enough: number,
): Promise<void> {
  // The kill cuts this off: the error of the call that it hits is what is expected of it.
  void submitForEver(client, accepted).catch(() => undefined);
  const busy = expect.objectContaining({
    completed: expect.toSatisfy((completed: number) => completed >= enough),
    running: expect.toSatisfy((running: number) => running >= 4),
  });
  await expect
    .poll(() => client.stats().then(({ tasks }) => tasks), { timeout: 60_000, interval: 10 })
    .toEqual(busy);
}

async function submitForEver(client: MayflyClient, accepted: Set<string>): Promise<never> {
  for (let count = 0; ; count++) {
    const { id } = await client.submit(submissionFor(count));
    accepted.add(id);
  }
}

/** Short ones that complete, and longer ones of each isolation that a crash finds running. */
function submissionFor(count: number): Submission {
  if (hasBash && count % 20 === 0) {
    const code = 'sleep 0.7; echo done';
    return { type: 'code.run', params: { runtime: 'bash', code }, ttlMs: 60_000 };
  }
  if (count % 20 === 1) return { type: 'test.nap', params: { ms: 700 }, ttlMs: 60_000 };
  if (count % 10 === 2) return { type: 'sleep', params: { ms: 500 }, ttlMs: 60_000 };
  return { type: 'test.greet', params: { name: String(count) }, ttlMs: 60_000 };
}
