import type { Task, TaskEvent } from '@mayfly/contracts';

/** The event that says how a task stands now. `at`: RFC 3339. */
export function toEvent(task: Task, at: string): TaskEvent {
  const { id, type, queue, status, attempt, progress } = task;
  return { id, type, queue, status, attempt, progress, at };
}
