import type { Clock, Explanation, Task } from '@mayfly/contracts';
import type { QueueStore } from '../ports/queue-store.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { Principal } from '../submission/principal.ts';
import type { TaskQueries } from '../tasks/task-queries.ts';
import { explain } from './explain.ts';

interface Parts {
  queries: TaskQueries;
  queues: QueueStore;
  workers: WorkerStore;
  clock: Clock;
}

/** A task that keeps moving while it is looked at is told as it stood at the last look. */
const LOOKS = 3;

/** Gathers what is known of a task, and says why it is where it is. */
export class Explainer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws MayflyError `task.not_found` */
  async explain(principal: Principal, id: string): Promise<Explanation> {
    const { queries, queues, workers, clock } = this.#parts;
    for (let look = 1; ; look++) {
      const task = await queries.get(principal, id);
      const waits = task.status === 'pending';
      const standing = waits ? await queues.standing(task) : null;
      if (waits && !standing && look < LOOKS) continue;
      return explain({
        task,
        attempts: waits ? [] : await this.#attempts(principal, task),
        workers: waits ? await workers.listWorkers() : [],
        standing,
        nowMs: clock.now(),
      });
    }
  }

  /** Those up to the one that the task shows; it may have moved on since. */
  async #attempts(principal: Principal, task: Task): ReturnType<TaskQueries['attempts']> {
    const attempts = await this.#parts.queries.attempts(principal, task.id);
    return attempts.filter(({ number }) => number <= task.attempt);
  }
}
