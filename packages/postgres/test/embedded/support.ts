import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Clock, MayflyError, systemClock } from '@mayfly/contracts';
import pg from 'pg';
import { afterEach, expect } from 'vitest';

import { locateBinaries } from '../../src/embedded/binaries.ts';
import type { EmbeddedOptions, EmbeddedPostgres } from '../../src/embedded/options.ts';
import { type Machine, startOn } from '../../src/embedded/start.ts';
import { isRoomyMemory } from '../../src/embedded/throw-away-folder.ts';

export const isRoot = process.geteuid?.() === 0;
if (!isRoot) {
  process.stderr.write('*** NOT ROOT: the tests of how root starts PostgreSQL are SKIPPED ***\n');
}

export const run = promisify(execFile);

/** Ten times as fast as the system's, for bounds of many seconds. */
export const fastClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 10,
  after: (delayMs, callback) => systemClock.after(delayMs / 10, callback),
};

/** In memory where that has room: nothing here needs a disk, and initdb flushes a lot. */
const base = (await isRoomyMemory('/dev/shm')) ? '/dev/shm' : tmpdir();

const undo: (() => Promise<unknown>)[] = [];

/** Runs after the test, the latest first. */
export function later(step: () => Promise<unknown>): void {
  undo.push(step);
}

afterEach(async () => {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
});

/**
 * An empty folder, removed after the test, when all that runs in it must come to its end. With mode 0700 the
 * account that runs the server for root cannot enter it.
 */
export async function scratch(mode = 0o755, parent = base): Promise<string> {
  const folder = await mkdtemp(join(parent, 'mayfly-test-'));
  await chmod(folder, mode);
  later(async () => {
    const ended = until(async () => (await processesOf(folder)).length === 0, 'all have ended');
    const left = await ended.then(
      () => [],
      () => processesOf(folder),
    );
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    expect(left, 'processes left behind').toEqual([]);
  });
  return folder;
}

/** A start with defaults, which is stopped after the test. */
export async function start(
  dataDir: string,
  more: Partial<EmbeddedOptions & Machine> = {},
): Promise<EmbeddedPostgres> {
  const { binaries = locateBinaries(), cacheDir = '/var/cache/mayfly', ...options } = more;
  const server = await startOn(
    { binaries, cacheDir },
    { dataDir, clock: systemClock, log: () => undefined, ...options },
  );
  later(() => server.stop());
  return server;
}

/** The one line of a start that must fail. */
export async function refusal(
  dataDir: string,
  more: Partial<EmbeddedOptions & Machine> = {},
): Promise<string> {
  const error: unknown = await start(dataDir, more).then(
    () => new Error('the start was not refused'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(MayflyError);
  expect(error).toMatchObject({ code: 'store.unavailable' });
  const { message } = error as MayflyError;
  expect(message).not.toContain('\n');
  return message;
}

type Row = Record<string, unknown>;

export async function query(
  { connection }: Pick<EmbeddedPostgres, 'connection'>,
  text: string,
): Promise<Row[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Processes whose command line names the folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(folder)) found.push(pid);
  }
  return found;
}

/** Resolves when the check holds; fails after 20 s. For ends that send no signal. */
export async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

export function untilGone(pid: number): Promise<void> {
  return until(() => isGone(pid), `process ${pid} ends`);
}
