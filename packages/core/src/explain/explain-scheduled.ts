import type { Attempt, ExplanationReason } from '@mayfly/contracts';
import type { Snapshot } from './explain.ts';
import { reason } from './reason.ts';

/** Why a task is not in the line yet: the tasks before it, its time, its back-off, or an attempt without an end. */
export function explainScheduled(
  { task, predecessors, heldUntil, nowMs }: Snapshot,
  last: Attempt | undefined,
): ExplanationReason[] {
  if (last && heldUntil) return [unconfirmed(last, heldUntil.toISOString())];
  if (predecessors.count === 0) return [last ? backOff(last, task.runAt) : ownTime(task.runAt)];
  const comesLater = task.runAt !== null && Date.parse(task.runAt) > nowMs;
  return [others(predecessors), ...(comesLater ? [ownTime(task.runAt)] : [])];
}

function others({ count, tasks }: Snapshot['predecessors']): ExplanationReason {
  const named = tasks.map(({ id, status }) => `${id} (${status})`).join(', ');
  const rest = count > tasks.length ? ` and ${count - tasks.length} more` : '';
  const what = count === 1 ? '1 task that has' : `${count} tasks that have`;
  const message = `It waits for ${what} not ended: ${named}${rest}.`;
  return { ...reason('wait.predecessors', message), tasks };
}

function ownTime(runAt: string | null): ExplanationReason {
  return reason('wait.scheduled', `It is to start at ${runAt ?? 'a later time'}.`, runAt);
}

function backOff(last: Attempt, runAt: string | null): ExplanationReason {
  const why = last.error ? ` (${last.error.code}: ${last.error.message})` : '';
  return reason(
    'wait.back_off',
    `Attempt ${last.number} ended as ${last.outcome ?? 'unknown'}${why}. The next one is to start at ${runAt ?? 'a later time'}.`,
    runAt,
  );
}

function unconfirmed(last: Attempt, until: string): ExplanationReason {
  const where = last.worker ?? 'its worker';
  return reason(
    'wait.unconfirmed_end',
    `Attempt ${last.number} is ${last.outcome ?? 'over'}, but ${where} has not said that its code is dead. ` +
      `The next one is to start when it has, and at ${until} at the latest: by then the lease of the worker has ended it.`,
    until,
  );
}
