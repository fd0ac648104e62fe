import type { AttemptOutcome, FinalStatus, OutputStream, StopReason } from '@mayfly/contracts';
import type { AttemptRef, ClaimedAttempt, HeldAttempt, SessionRef } from '../task/attempt.ts';

export interface ClaimRequest {
  laneIds: number[];
  /** One entry a free place: the worker that gets it. The order spreads the load. */
  slots: string[];
  /** The workers of the slots, each once. One that has a later session by now gets nothing. */
  sessions: SessionRef[];
}

export interface Claim {
  attempts: ClaimedAttempt[];
  /** Workers that have a later session. */
  moved: string[];
}

/** How an attempt ends in the store; made by `core/dispatch/settlement.ts`. */
export interface Settlement extends AttemptRef {
  workerId: string;
  outcome: AttemptOutcome;
  /** Null: the task runs again after `delayMs`. */
  status: FinalStatus | null;
  delayMs: number;
  /** The delay that would do if the death of the attempt were confirmed; null when `delayMs` does. */
  freeInMs: number | null;
  failures: number;
  lost: number;
  resultJson: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  stopReason: StopReason | null;
  stopRequestedAgoMs: number | null;
  stopConfirmedAgoMs: number | null;
  /** A result came after the deadline and is not kept. */
  lateResult: boolean;
}

/** A report for an attempt that has ended already. */
export interface LateReport extends AttemptRef {
  workerId: string;
  outcome: AttemptOutcome;
  resultJson: string | null;
  stopConfirmedAgoMs: number | null;
}

export interface OutputRecord extends AttemptRef {
  seq: number;
  stream: OutputStream;
  data: Uint8Array;
}

export interface ProgressRecord extends AttemptRef {
  percent: number;
}

export interface LimitedClaimRequest extends ClaimRequest {
  /** All lanes are of this queue. */
  queue: string;
}

export interface LimitedClaim extends Claim {
  /** A rate limit holds tasks back for this long; null: none does. */
  nextInMs: number | null;
}

export interface DispatchStore {
  /**
   * Starts up to `slots.length` waiting tasks, highest priority first, oldest first. Lanes of
   * queues with controls are left out.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Starts waiting tasks of one queue within its limits, on all servers together. Keys take turns;
   * of one key the highest priority goes first, then the oldest.
   */
  claimLimited(request: LimitedClaimRequest): Promise<LimitedClaim>;
  /**
   * Ends attempts. One that is not held under that number by that worker, and a `completed` or
   * `failed` one past its deadline, is left alone. So is an `expired` one whose death nobody has
   * confirmed, when its deadline was moved and is still to come, or when it was cancelled.
   * @returns for each settlement whether it took effect
   */
  settle(settlements: Settlement[]): Promise<boolean[]>;
  /** Notes reports that came after the end. @returns whether each one repeats what is recorded */
  recordLate(reports: LateReport[]): Promise<boolean[]>;
  /**
   * Puts back attempts that never started. Their numbers are not used again. Only the latest session
   * of a worker can: an earlier one does not know what it runs now.
   */
  giveBack(from: SessionRef, refs: AttemptRef[]): Promise<void>;
  /** Everything a worker holds by the store. */
  listHeld(workerId: string): Promise<HeldAttempt[]>;
  /** The same after all claims that are under way: earlier sessions can add nothing to it. */
  listHeldForGood(workerId: string): Promise<HeldAttempt[]>;
  /** Attempts of workers that were taken for dead. */
  listOrphans(limit: number): Promise<HeldAttempt[]>;
  /** Attempts past their deadline by more than `patienceMs`, oldest first. */
  listOverdue(patienceMs: number, limit: number): Promise<HeldAttempt[]>;
  /** Stores output; a chunk that is there already is left alone. */
  appendOutput(chunks: OutputRecord[]): Promise<void>;
  saveProgress(updates: ProgressRecord[]): Promise<void>;
}
