import type { Clock, Explanation, Task } from '@mayfly/contracts';
import type { QueueStore } from '../ports/queue-store.ts';
import type { OpenPredecessors, TaskReader } from '../ports/task-reader.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { Principal } from '../submission/principal.ts';
import type { TaskQueries } from '../tasks/task-queries.ts';
import { explain } from './explain.ts';

interface Parts {
  queries: TaskQueries;
  queues: QueueStore;
  reader: TaskReader;
  workers: WorkerStore;
  clock: Clock;
}

/** A task that keeps moving while it is looked at is told as it stood at the last look. */
const LOOKS = 3;

const PREDECESSORS_NAMED = 20;
const NOBODY: OpenPredecessors = { count: 0, tasks: [] };

/** Gathers what is known of a task, and says why it is where it is. */
export class Explainer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws MayflyError `task.not_found` */
  async explain(principal: Principal, id: string): Promise<Explanation> {
    const { queries, queues, workers, reader, clock } = this.#parts;
    for (let look = 1; ; look++) {
      const task = await queries.get(principal, id);
      const waits = task.status === 'pending';
      const standing = waits ? await queues.standing(task) : null;
      const predecessors = await this.#predecessors(task);
      const released = isTimeless(task) && predecessors.count === 0;
      if (((waits && !standing) || released) && look < LOOKS) continue;
      return explain({
        task,
        attempts: waits ? [] : await this.#attempts(principal, task),
        workers: waits ? await workers.listWorkers() : [],
        standing,
        predecessors,
        heldUntil: task.status === 'scheduled' ? await reader.heldUntil(id) : null,
        nowMs: clock.now(),
      });
    }
  }

  async #predecessors({ id, status }: Task): Promise<OpenPredecessors> {
    if (status !== 'scheduled') return NOBODY;
    return this.#parts.reader.predecessors(id, PREDECESSORS_NAMED);
  }

  /** Those up to the one that the task shows; it may have moved on since. */
  async #attempts(principal: Principal, task: Task): ReturnType<TaskQueries['attempts']> {
    const attempts = await this.#parts.queries.attempts(principal, task.id);
    return attempts.filter(({ number }) => number <= task.attempt);
  }
}

/** Only tasks that wait for others are scheduled without a time. */
function isTimeless({ status, runAt }: Task): boolean {
  return status === 'scheduled' && runAt === null;
}
