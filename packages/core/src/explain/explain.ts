import {
  isFinal,
  type Attempt,
  type Explanation,
  type Task,
  type WorkerView,
} from '@mayfly/contracts';
import type { Standing } from '../ports/queue-store.ts';
import type { OpenPredecessors } from '../ports/task-reader.ts';
import { explainEnd } from './explain-end.ts';
import { explainPending } from './explain-pending.ts';
import { explainScheduled } from './explain-scheduled.ts';
import { reason } from './reason.ts';

/** All that is known of a task at one moment. */
export interface Snapshot {
  task: Task;
  attempts: Attempt[];
  workers: WorkerView[];
  /** Null unless the task is pending. */
  standing: Standing | null;
  /** Nobody unless the task is scheduled. */
  predecessors: OpenPredecessors;
  /** Its last attempt may still live, and holds it until then; null unless it is scheduled. */
  heldUntil: Date | null;
  /** Wall clock, in milliseconds. */
  nowMs: number;
}

/** Why a task waits, what it does, or why it ended. Pure. */
export function explain(snapshot: Snapshot): Explanation {
  const { task, standing } = snapshot;
  return {
    id: task.id,
    status: task.status,
    reasons: reasonsOf(snapshot),
    ahead: task.status === 'pending' ? (standing?.ahead ?? null) : null,
  };
}

function reasonsOf(snapshot: Snapshot): Explanation['reasons'] {
  const { task, attempts } = snapshot;
  const last = attempts.at(-1);
  if (isFinal(task.status)) return [explainEnd(task, last)];
  switch (task.status) {
    case 'scheduled':
      return explainScheduled(snapshot, last);
    case 'running':
      return [explainRunning(task, last)];
    default:
      return explainPending(snapshot);
  }
}

function explainRunning(task: Task, last: Attempt | undefined): Explanation['reasons'][number] {
  const worker = task.worker ?? 'a worker';
  if (last?.stop) {
    return reason(
      'run.stopping',
      `${worker} was told to stop it (${last.stop.reason}) at ${last.stop.requestedAt}, and has not said yet that the code is dead.`,
      last.stop.requestedAt,
    );
  }
  return reason(
    'run.on_worker',
    `Attempt ${task.attempt} runs on ${worker}. It will be dead at ${task.deadlineAt ?? 'its deadline'} at the latest.`,
    task.deadlineAt,
  );
}
