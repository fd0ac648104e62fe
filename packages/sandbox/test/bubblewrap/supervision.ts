import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createBubblewrapSandbox, type BubblewrapOptions } from '../../src/index.ts';
import { readChildren } from '../../src/proc/read-process.ts';
import { needRuntime, openLab, run, waitUntilEmpty, watch } from '../support/lab.ts';
import { listLeftovers, listProcesses, TEST_UID_BASE } from '../support/leftovers.ts';

const DAEMONS = 'setsid sleep 1000 & echo ready; sleep 1000';

/** What is left when a part of the machinery dies, and what comes in from outside. */
export function describeSupervision(options: BubblewrapOptions): void {
  describe('supervision of bubblewrap', () => {
    afterEach(async () => expect(await waitUntilEmpty(listLeftovers)).toEqual([]));

    it('ends every program when the worker is killed', async () => {
      const worker = startWorker(['bash', DAEMONS]);
      await printed(worker, 'ready');
      expect(listProcesses().length).toBeGreaterThan(2);
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      expect(await waitUntilEmpty(listProcesses)).toEqual([]);
    });

    it('ends every program when the supervisor is killed, and goes on with a new one', async () => {
      const sandbox = await createBubblewrapSandbox(options);
      const lab = await openLab(sandbox, ['bash']);
      const lost = watch(lab, { runtime: 'bash', code: DAEMONS });
      await lost.printed('ready');
      process.kill(findSupervisor(), 'SIGKILL');
      expect(await lost.done).toMatchObject({
        result: { verdict: 'sandbox-error' },
        failure: 'The supervisor of the sandbox ended unexpectedly.',
      });
      expect(await waitUntilEmpty(listProcesses)).toEqual([]);
      const next = await run(lab, { runtime: 'bash', code: 'echo again' });
      expect(next).toMatchObject({ verdict: 'ok', stdout: 'again\n' });
      await sandbox.close();
    });

    // An ordinary user's other uses of bwrap could not be told apart, so this is for root alone.
    it.runIf(process.geteuid?.() === 0)(
      'sweeps a bwrap that a killed supervisor left halfway through its start',
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'orphan-'));
        const bwrap = join(folder, 'bwrap');
        chmodSync(folder, 0o755);
        copyFileSync('/usr/bin/sleep', bwrap);
        const parent = spawn('/bin/sh', ['-c', `${bwrap} 1000 >&2 & echo left`], {
          uid: TEST_UID_BASE,
          gid: TEST_UID_BASE,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        await once(parent, 'close');
        expect(listProcesses()).toHaveLength(1);
        const sandbox = await createBubblewrapSandbox(options);
        expect(listProcesses()).toEqual([]);
        await sandbox.close();
        rmSync(folder, { recursive: true });
      },
    );

    it('calls it a fault of its own when somebody else kills a sandbox', async () => {
      const sandbox = await createBubblewrapSandbox(options);
      const lab = await openLab(sandbox, ['bash']);
      const run = watch(lab, { runtime: 'bash', code: DAEMONS });
      await run.printed('ready');
      for (const text of listProcesses()) {
        const wrapper = /^process (\d+): \/bin\/sh -c/u.exec(text)?.[1];
        if (wrapper !== undefined) process.kill(Number(wrapper), 'SIGKILL');
      }
      expect(await run.done).toMatchObject({
        result: { verdict: 'sandbox-error', stdout: 'ready\n' },
        failure: 'The sandbox was killed from outside.',
      });
      await sandbox.close();
    });

    it('hands no descriptor on that the worker was given by others', async () => {
      const secret = openSync('/proc/self/status', 'r');
      const fds = { 9: secret, 20: secret, 40: secret };
      const list = 'exec 255<&-; for fd in /proc/$$/fd/*; do echo "${fd##*/}"; done; echo done';
      const worker = startWorker(['bash', list], fds);
      const text = await printed(worker, 'done');
      closeSync(secret);
      const open = text
        .split('\n')
        .map(Number)
        .filter((fd) => fd > 2);
      // bash opens the folder itself to list it, and its script.
      expect(open.filter((fd) => [9, 20, 40].includes(fd))).toEqual([]);
      expect(open.length).toBeLessThanOrEqual(2);
      await once(worker, 'exit');
    });

    it('says how to install bubblewrap where it is missing', async () => {
      const opening = createBubblewrapSandbox({ ...options, bwrapPath: '/nowhere/bwrap' });
      await expect(opening).rejects.toMatchObject({
        code: 'sandbox.unavailable',
        message:
          'bubblewrap is not installed at /nowhere/bwrap: sudo apt-get install -y bubblewrap',
      });
    });

    it('says what it tried when bubblewrap does not run', async () => {
      const opening = createBubblewrapSandbox({ ...options, bwrapPath: '/bin/false' });
      await expect(opening).rejects.toMatchObject({ code: 'sandbox.unavailable' });
    });

    it.runIf(process.geteuid?.() === 0)('refuses user ids that belong to somebody', async () => {
      const opening = createBubblewrapSandbox({ uidBase: 0, uidCount: 10 });
      await expect(opening).rejects.toMatchObject({
        code: 'sandbox.unavailable',
        message: /0 belongs to root: set another uidBase/u,
      });
    });

    it.runIf(process.geteuid?.() === 0)('gives every run a user id of its own', async (context) => {
      const sandbox = await createBubblewrapSandbox(options);
      const lab = await openLab(sandbox, ['bash']);
      needRuntime(lab, 'bash', context);
      const runs = [1, 2, 3].map(() => watch(lab, { runtime: 'bash', code: DAEMONS }));
      await Promise.all(runs.map((each) => each.printed('ready')));
      const uids = listProcesses().map((text) => ownerOf(/^process (\d+):/u.exec(text)?.[1]));
      expect(new Set(uids).size).toBe(3);
      expect(uids).not.toContain(0);
      await sandbox.close();
    });
  });
}

function startWorker(args: string[], fds: Readonly<Record<number, number>> = {}): ChildProcess {
  const last = Math.max(1, ...Object.keys(fds).map(Number));
  const stdio = Array.from({ length: last + 1 }, (_, fd) => fds[fd] ?? ('ignore' as const));
  const script = fileURLToPath(new URL('worker-process.ts', import.meta.url));
  return spawn(process.execPath, ['--conditions=@mayfly/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', ...stdio.slice(3)],
  });
}

/** All that a worker has printed, once this is among it. */
async function printed(worker: ChildProcess, text: string): Promise<string> {
  let seen = '';
  for await (const chunk of worker.stdout ?? []) {
    seen += String(chunk);
    if (seen.includes(text)) return seen;
  }
  throw new Error(`The worker ended after ${JSON.stringify(seen)}.`);
}

function findSupervisor(): number {
  const found = readChildren(process.pid).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor/main.'),
  );
  if (found === undefined) throw new Error('There is no supervisor.');
  return found;
}

function ownerOf(pid: string | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/mu.exec(status)?.[1]);
}
