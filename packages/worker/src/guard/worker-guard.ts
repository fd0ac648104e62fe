import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock, Log } from '@mayfly/contracts';
import { ownNodeFlags, siblingModule } from '../isolation/own-module.ts';
import { startOf } from '../isolation/processes.ts';

/** Ends this process when it can no longer keep its word by itself. */
export interface WorkerGuard {
  /** Kill this process and all that its handlers started, unless told otherwise within `leftMs`. */
  arm(leftMs: number): void;
  disarm(): void;
  close(): void;
}

export const NO_GUARD: WorkerGuard = {
  arm: () => undefined,
  disarm: () => undefined,
  close: () => undefined,
};

/**
 * Starts a process that watches over this one. A worker that is stopped, swapped out or blocked by
 * a handler cannot fence itself: its handlers in processes of their own would run on, and others
 * would run on later, beside the next attempt. The guard then kills it before its lease is over. It
 * also ends what handlers have left running when the worker dies in whatever way.
 */
export function startWorkerGuard({ clock, log }: { clock: Clock; log: Log }): WorkerGuard {
  let closed = false;
  let killAt: number | undefined;
  let child = launch();

  function launch(): ChildProcess {
    const main = fileURLToPath(siblingModule(import.meta.url, 'guard-main'));
    const args = [...ownNodeFlags(), main, String(process.pid), startOf(process.pid) ?? ''];
    // A group of its own: Ctrl-C in a terminal is for the worker, which may take its time to end.
    const next = spawn(process.execPath, args, {
      detached: true,
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    next.stdin?.on('error', () => undefined);
    next.once('exit', () => {
      if (closed) return;
      log.warn({}, 'the guard of this worker has ended; another one takes over');
      child = launch();
      tell();
    });
    next.once('error', (error) => log.error({ error }, 'the guard of this worker cannot start'));
    next.unref();
    return next;
  }

  function tell(): void {
    const text = killAt === undefined ? '' : String(Math.max(0, killAt - clock.monotonic()));
    child.stdin?.write(`${text}\n`);
  }

  return {
    arm(leftMs) {
      killAt = clock.monotonic() + leftMs;
      tell();
    },
    disarm() {
      killAt = undefined;
      tell();
    },
    close() {
      closed = true;
      child.stdin?.end();
    },
  };
}
