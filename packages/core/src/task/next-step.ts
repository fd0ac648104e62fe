import {
  LIMITS,
  type AttemptOutcome,
  type ErrorCode,
  type FinalStatus,
  type RetryPolicy,
} from '@mayfly/contracts';
import { backoffMs } from './backoff.ts';
import { assertMove } from './state-machine.ts';

export interface AttemptEnd {
  outcome: AttemptOutcome;
  /** The worker gave the attempt up because it shuts down; that is nobody's failure. */
  drained: boolean;
  failures: number;
  lost: number;
  retry: RetryPolicy | null;
  cancelRequested: boolean;
  totalLeftMs: number | null;
}

/** Where the task goes after an attempt, with the counters it takes along. */
export interface NextStep {
  outcome: AttemptOutcome;
  /** The final status, or null when the task runs again after `delayMs`. */
  status: FinalStatus | null;
  delayMs: number;
  failures: number;
  lost: number;
  /** Set where the step itself is the reason of the end. */
  errorCode: ErrorCode | null;
}

/** Decides what follows an attempt. Pure; `random` is in [0, 1). */
export function decideNextStep(end: AttemptEnd, random: () => number): NextStep {
  const step = end.outcome === 'lost' ? afterLoss(end) : afterReport(end, end.outcome, random);
  assertMove('running', step.status ?? (step.delayMs > 0 ? 'scheduled' : 'pending'));
  return step;
}

function afterLoss(end: AttemptEnd): NextStep {
  const lost = end.lost + (end.drained ? 0 : 1);
  const again: NextStep = {
    outcome: 'lost',
    status: null,
    delayMs: 0,
    failures: end.failures,
    lost,
    errorCode: null,
  };
  if (end.cancelRequested) {
    return { ...again, outcome: 'cancelled', status: 'cancelled', errorCode: 'task.cancelled' };
  }
  if (lost >= LIMITS.lostAttemptsMax) {
    return { ...again, status: 'failed', errorCode: 'attempt.lost_too_often' };
  }
  if (end.totalLeftMs !== null && end.totalLeftMs <= 0) {
    return { ...again, status: 'expired', errorCode: 'task.total_ttl_exceeded' };
  }
  return again;
}

function afterReport(end: AttemptEnd, reported: FinalStatus, random: () => number): NextStep {
  const outcome = end.cancelRequested && reported === 'expired' ? 'cancelled' : reported;
  const failed = outcome === 'failed' || outcome === 'expired';
  const failures = end.failures + (failed ? 1 : 0);
  const final: NextStep = {
    outcome,
    status: outcome,
    delayMs: 0,
    failures,
    lost: end.lost,
    errorCode: null,
  };
  if (!failed || end.cancelRequested || !mayRetry(end.retry, outcome, failures)) return final;
  const delayMs = backoffMs(end.retry, failures, random);
  if (end.totalLeftMs !== null && end.totalLeftMs <= delayMs) return final;
  return { ...final, status: null, delayMs };
}

function mayRetry(
  retry: RetryPolicy | null,
  outcome: 'failed' | 'expired',
  failures: number,
): retry is RetryPolicy {
  return retry !== null && failures < retry.maxAttempts && retry.retryOn.includes(outcome);
}
