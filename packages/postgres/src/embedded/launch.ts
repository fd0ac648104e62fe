import { type ChildProcess, spawn } from 'node:child_process';

import type { Account } from './account.ts';
import { BARE_ENVIRONMENT } from './run-tool.ts';
import { identity, type Stage } from './stage.ts';

/** How programs of PostgreSQL are started: where, as whom, and with which libraries. */
export interface LaunchPad {
  stage: Stage;
  /** Null: as the account of this process. */
  account: Account | null;
  /** Folders to find libraries in, when their links could not be made beside them. */
  libraryPath?: string;
}

export interface LaunchOptions {
  /** What the kernel sends the program when this process ends, in whatever way. */
  deathSignal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL';
  /** The open file that takes stdout and stderr. */
  output: number;
}

/** Closes the gap before the death signal was set: whoever has lost its parent by then gives up. */
const ONLY_WITH_PARENT = 'test "$PPID" = "$1" || exit 1; shift; exec "$@"';

/**
 * Starts a program as the leader of a session of its own, so that a Ctrl-C in the terminal reaches
 * only this process, which then stops the program in order.
 *
 * The programs before the last one replace each other by exec, thus the child's pid is the
 * program's. The death signal comes last because the kernel clears it when an account changes.
 */
export function launch(pad: LaunchPad, program: string[], options: LaunchOptions): ChildProcess {
  const [command = '', ...args] = withDeathSignal(pad, program, options.deathSignal);
  const library = pad.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: pad.libraryPath };
  return spawn(command, args, {
    cwd: '/',
    detached: true,
    env: { ...BARE_ENVIRONMENT, ...library },
    stdio: ['ignore', options.output, options.output],
  });
}

/** macOS knows no death signal: there the next start ends a server that was left behind. */
function withDeathSignal(
  { stage, account }: LaunchPad,
  program: string[],
  signal: LaunchOptions['deathSignal'],
): string[] {
  if (process.platform !== 'linux') return program;
  const drop = account === null ? ['--no-new-privs'] : identity(account);
  const tie = ['setpriv', ...drop, '--pdeathsig', signal.slice('SIG'.length), '--'];
  const guard = ['sh', '-c', ONLY_WITH_PARENT, 'mayfly', String(process.pid)];
  return [...stage.enter, ...tie, ...guard, ...program];
}
