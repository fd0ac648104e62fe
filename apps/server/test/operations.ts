import type { JsonValue } from '@mayfly/contracts';
import type { Isolation, JobEnd, JobEvents, KillReason, Operation } from '@mayfly/worker';

export interface HeldJob {
  params: JsonValue;
  attempt: number;
  events: JobEvents;
  stops: string[];
  end(end: JobEnd): void;
}

/** A task type whose attempts wait for the test to decide what they do. */
export class HeldOperation implements Operation {
  readonly taskType = {
    name: 'held',
    description: 'Waits for its test.',
    paramsSchema: {},
    isolation: 'thread' as const,
  };
  readonly jobs: HeldJob[] = [];
  #waiting: ((job: HeldJob) => void)[] = [];
  readonly isolation: Isolation = {
    canKill: true,
    close: () => Promise.resolve(),
    start: ({ params, attempt }, events) => {
      const { promise, resolve } = Promise.withResolvers<JobEnd>();
      const job: HeldJob = { params, attempt, events, stops: [], end: resolve };
      this.#give(job);
      return {
        ended: promise,
        terminate: (reason: KillReason) => void job.stops.push(`soft ${reason}`),
        kill: (reason: KillReason) => {
          job.stops.push(`hard ${reason}`);
          resolve({ kind: 'stopped', result: { killed: reason } });
        },
      };
    },
  };

  /** The next attempt that starts, or has started and was not asked for yet. */
  next(): Promise<HeldJob> {
    const job = this.jobs.shift();
    if (job) return Promise.resolve(job);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(job: HeldJob): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(job);
    else this.jobs.push(job);
  }
}
