import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('fixtures/guarded-worker.ts', import.meta.url));
const LATER_MS = 600_000;

describe('the guard of a worker', () => {
  let folder: string;
  let worker: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-test-guard-'));
  });

  afterEach(() => {
    worker.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('kills a worker that is stopped when its time comes, with all that it has started', async () => {
    const daemon = await start(300);
    worker.kill('SIGSTOP');
    const [, signal] = (await once(worker, 'exit')) as [null, string];
    expect(signal).toBe('SIGKILL');
    await gone(daemon);
  });

  it('kills what handlers have left running when their worker dies', async () => {
    const daemon = await start(LATER_MS);
    worker.kill('SIGKILL');
    await gone(daemon);
  });

  /** @returns the number of a daemon that a handler has left running */
  async function start(leftMs: number): Promise<string> {
    const file = join(folder, 'pid');
    const args = ['--conditions=@mayfly/source', SCRIPT, file, String(leftMs)];
    worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(worker.stdout as NodeJS.ReadableStream, 'data');
    const daemon = readFileSync(file, 'utf8').trim();
    expect(existsSync(`/proc/${daemon}`)).toBe(true);
    return daemon;
  }
});

/** Resolves when the process is dead, buried or not. */
async function gone(pid: string): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}
