import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

import { BARE_ENVIRONMENT } from './run-tool.ts';

/** Removes folders when the process that asked for it has ended, in whatever way. */
export interface Janitor {
  /** Has the folders removed now; returns when they are. */
  finish(): Promise<void>;
}

/** Waits for the end of its input. The server may still be ending, and then blocks a removal. */
const REMOVE_AFTERWARDS = `
  cat >/dev/null
  tries=0
  until rm -rf -- "$@" 2>/dev/null; do
    tries=$((tries + 1))
    test $tries -lt 100 || exit 1
    sleep 0.1
  done`;

/**
 * Starts a shell that holds the other end of a pipe: the kernel closes our end when this process
 * dies, even of kill -9, and that is the sign to remove the folder.
 */
export function hireJanitor(folder: string): Janitor {
  const child = spawn('sh', ['-c', REMOVE_AFTERWARDS, 'mayfly-janitor', folder], {
    cwd: '/',
    detached: true,
    env: BARE_ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    // No shell: the next start sweeps.
    child.once('error', () => resolve());
  });
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return {
    async finish() {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}
