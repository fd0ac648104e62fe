import { constants } from 'node:os';
import type { FinalStatus } from '@mayfly/contracts';

/** What `timeout` of coreutils says when the time was over. */
export const EXIT_EXPIRED = 124;

/** What `timeout`, `env` and `docker run` say when they, and not the program, have failed. */
export const EXIT_NOT_RUN = 125;

/** What a shell says of a program that Ctrl-C has ended. */
export const EXIT_CANCELLED = 130;

/** For commands that wait for a task. */
export const EXIT_OF_STATUS: Record<FinalStatus, number> = {
  completed: 0,
  failed: 1,
  expired: EXIT_EXPIRED,
  cancelled: EXIT_CANCELLED,
};

/** What a shell says of a program that a signal has ended. */
export function exitOfSignal(signal: string): number {
  const numbers: Record<string, number> = constants.signals;
  return 128 + (numbers[signal] ?? 0);
}
