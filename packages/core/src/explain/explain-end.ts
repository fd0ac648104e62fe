import type {
  Attempt,
  ErrorCode,
  ExplanationCode,
  ExplanationReason,
  Task,
} from '@mayfly/contracts';
import { reason } from './reason.ts';

const CODE_OF_ERROR: Partial<Record<ErrorCode, ExplanationCode>> = {
  'attempt.lost_too_often': 'end.lost_too_often',
  'attempt.ttl_exceeded': 'end.ttl_exceeded',
  'task.dependency_failed': 'end.dependency_failed',
  'task.queue_ttl_exceeded': 'end.queue_ttl_exceeded',
  'task.total_ttl_exceeded': 'end.total_ttl_exceeded',
};

const CODE_OF_STATUS: Partial<Record<Task['status'], ExplanationCode>> = {
  completed: 'end.completed',
  expired: 'end.ttl_exceeded',
  cancelled: 'end.cancelled',
};

/** Why a finished task ended as it did. */
export function explainEnd(task: Task, last: Attempt | undefined): ExplanationReason {
  return reason(
    codeOf(task),
    [whatHappened(task), stopOf(last), lateOf(last)].filter(Boolean).join(' '),
    task.finishedAt,
  );
}

function codeOf({ status, error }: Task): ExplanationCode {
  const byError = error ? CODE_OF_ERROR[error.code as ErrorCode] : undefined;
  // Who cancels an attempt ends it, whatever its own error is.
  if (status === 'cancelled' && byError !== 'end.dependency_failed') return 'end.cancelled';
  return byError ?? CODE_OF_STATUS[status] ?? 'end.failed';
}

function whatHappened(task: Task): string {
  if (task.status === 'completed') return `Attempt ${task.attempt} did its work.`;
  const times = task.attempt === 1 ? '1 attempt' : `${task.attempt} attempts`;
  const after = task.attempt === 0 ? 'before its first attempt' : `after ${times}`;
  const why = task.error ? ` ${task.error.message} (${task.error.code})` : '';
  return `It is ${task.status} ${after}.${why}`;
}

function stopOf(last: Attempt | undefined): string {
  if (!last?.stop) return '';
  const { reason: why, requestedAt, confirmedAt } = last.stop;
  const death =
    confirmedAt === null
      ? 'its death was not confirmed'
      : `its death was confirmed at ${confirmedAt}`;
  return `Its last attempt was told to stop (${why}) at ${requestedAt}; ${death}.`;
}

function lateOf(last: Attempt | undefined): string {
  if (!last?.lateResultRefusedAt) return '';
  return `A result that came too late was refused at ${last.lateResultRefusedAt}.`;
}
