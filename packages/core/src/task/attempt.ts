import type { RetryPolicy } from '@mayfly/contracts';

/** Names one attempt. The number is the fence: a result for any other number is refused. */
export interface AttemptRef {
  taskId: string;
  attempt: number;
}

/** One connection of a worker. A later one, to whatever server, ends what it was good for. */
export interface SessionRef {
  workerId: string;
  session: number;
}

/** What the server remembers of an attempt that a worker holds. */
export interface HeldAttempt extends AttemptRef {
  workerId: string;
  laneId: number;
  /** Failures that count against the retry policy, this attempt left out. */
  failures: number;
  /** Attempts whose worker vanished. */
  lost: number;
  retry: RetryPolicy | null;
  graceMs: number;
  /** Run time left when the row was read, by the database clock. */
  leftMs: number;
  /** Life left when the row was read, or null without `totalTtlMs`. */
  totalLeftMs: number | null;
  cancelRequested: boolean;
}

/** A held attempt with what its worker needs to run it. */
export interface ClaimedAttempt extends HeldAttempt {
  paramsJson: string;
}
