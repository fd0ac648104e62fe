import type { AttemptOutcome, ErrorCode, StopReason } from '@mayfly/contracts';
import type { Report } from '@mayfly/contracts/worker-protocol';
import type { Settlement } from '../ports/dispatch-store.ts';
import type { HeldAttempt } from '../task/attempt.ts';
import { decideNextStep } from '../task/next-step.ts';

/** How an attempt ended, as far as its end is known. */
export interface AttemptEnding {
  outcome: AttemptOutcome;
  resultJson?: string | undefined;
  errorCode?: string | undefined;
  errorMessage?: string | undefined;
  stopReason?: StopReason;
  stopRequestedAgoMs?: number | undefined;
  stopConfirmedAgoMs?: number | undefined;
  lateResult?: boolean;
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  'attempt.ttl_exceeded': 'It ran longer than its ttlMs and was stopped.',
  'task.total_ttl_exceeded': 'It lived longer than its totalTtlMs and was stopped.',
  'task.cancelled': 'It was cancelled while it ran.',
  'attempt.lost_too_often': 'Its worker vanished too often; the task may be what kills it.',
};

interface SettlementRules {
  /** In [0, 1); for jitter. */
  random: () => number;
  /** After this time a worker that was not heard of has ended all that it ran. */
  certainDeathMs: number;
}

/** Puts the end of a held attempt and what follows from it into the form that the store takes. */
export function makeSettlement(
  held: HeldAttempt,
  ending: AttemptEnding,
  { random, certainDeathMs }: SettlementRules,
): Settlement {
  const step = decideNextStep(
    {
      outcome: ending.outcome,
      drained: ending.stopReason === 'drain',
      failures: held.failures,
      lost: held.lost,
      retry: held.retry,
      cancelRequested: held.cancelRequested,
      totalLeftMs: held.totalLeftMs,
    },
    random,
  );
  // An expired attempt whose death nobody has confirmed may live on in a worker that is stopped or
  // cut off: the next one waits until the lease has ended it.
  const mayLive = step.outcome === 'expired' && ending.stopConfirmedAgoMs === undefined;
  const waitMs = step.status === null && mayLive ? certainDeathMs : 0;
  const errorCode = step.errorCode ?? ending.errorCode ?? defaultCode(step.outcome, held);
  return {
    taskId: held.taskId,
    attempt: held.attempt,
    workerId: held.workerId,
    outcome: step.outcome,
    status: step.status,
    delayMs: Math.max(step.delayMs, waitMs),
    freeInMs: waitMs > step.delayMs ? step.delayMs : null,
    failures: step.failures,
    lost: step.lost,
    resultJson: ending.resultJson ?? null,
    errorCode,
    errorMessage: errorCode
      ? (ending.errorMessage ?? MESSAGES[errorCode as ErrorCode] ?? 'It did not say why.')
      : null,
    stopReason: ending.stopReason ?? null,
    stopRequestedAgoMs: ending.stopRequestedAgoMs ?? null,
    stopConfirmedAgoMs: ending.stopConfirmedAgoMs ?? null,
    lateResult: ending.lateResult ?? false,
  };
}

/** A result, and nothing else to tell: no error, and nobody asked for a stop. */
export function isCompletion(settlement: Settlement): boolean {
  return (
    settlement.outcome === 'completed' &&
    settlement.status === 'completed' &&
    settlement.errorCode === null &&
    settlement.stopReason === null &&
    settlement.stopRequestedAgoMs === null &&
    settlement.stopConfirmedAgoMs === null &&
    !settlement.lateResult
  );
}

function defaultCode(outcome: AttemptOutcome, held: HeldAttempt): ErrorCode | null {
  switch (outcome) {
    case 'completed':
      return null;
    case 'failed':
      return 'attempt.failed';
    case 'expired':
      return held.totalLeftMs !== null && held.totalLeftMs <= 0
        ? 'task.total_ttl_exceeded'
        : 'attempt.ttl_exceeded';
    case 'cancelled':
      return 'task.cancelled';
    case 'lost':
      return 'attempt.lease_lost';
  }
}

/** From what a worker reports. */
export function endingOf(report: Report, outcome: AttemptOutcome): AttemptEnding {
  return {
    outcome,
    resultJson: report.resultJson,
    errorCode: report.errorCode,
    errorMessage: report.errorMessage,
    ...stopReasonOf(outcome, report),
    stopRequestedAgoMs: report.stopRequestedAgoMs,
    stopConfirmedAgoMs: report.stopConfirmedAgoMs,
  };
}

function stopReasonOf(outcome: AttemptOutcome, report: Report): { stopReason?: StopReason } {
  if (report.stopRequestedAgoMs === undefined) return {};
  switch (outcome) {
    case 'expired':
      return { stopReason: 'ttl' };
    case 'cancelled':
      return { stopReason: 'cancel' };
    case 'lost':
      return { stopReason: 'drain' };
    case 'completed':
    case 'failed':
      return {};
  }
}
