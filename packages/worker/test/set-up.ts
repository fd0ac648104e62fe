import { silentLog, type JsonValue } from '@mayfly/contracts';
import { ManualClock } from '@mayfly/testkit';
import {
  Worker,
  type Isolation,
  type JobEnd,
  type JobEvents,
  type KillReason,
  type Operation,
} from '@mayfly/worker';
import { FakeSource } from './fake-source.ts';

/** A place whose jobs do what the test says. */
class FakePlace implements Isolation {
  readonly jobs: FakeJob[] = [];
  readonly canKill: boolean;
  closed = false;

  constructor(canKill = true) {
    this.canKill = canKill;
  }

  start(_job: unknown, events: JobEvents): FakeJob {
    const job = new FakeJob(events);
    this.jobs.push(job);
    return job;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

class FakeJob {
  readonly events: JobEvents;
  readonly stops: string[] = [];
  over = false;
  readonly #end = Promise.withResolvers<JobEnd>();

  constructor(events: JobEvents) {
    this.events = events;
  }

  get ended(): Promise<JobEnd> {
    return this.#end.promise;
  }

  terminate(reason: KillReason): void {
    this.stops.push(`soft ${reason}`);
  }

  kill(reason: KillReason): void {
    this.stops.push(`hard ${reason}`);
  }

  end(end: JobEnd): void {
    this.over = true;
    this.#end.resolve(end);
  }

  returns(result: JsonValue): void {
    this.end({ kind: 'returned', result });
  }
}

export interface Setup {
  clock: ManualClock;
  source: FakeSource;
  place: FakePlace;
  worker: Worker;
}

/** A worker between a source and a place that a test decides on. */
export async function setUp(
  options: { concurrency?: number; canKill?: boolean } = {},
): Promise<Setup> {
  const clock = new ManualClock();
  const source = new FakeSource();
  const place = new FakePlace(options.canKill);
  const operation: Operation = {
    taskType: { name: 'job', description: '', paramsSchema: {}, isolation: 'thread' },
    isolation: place,
  };
  const worker = new Worker({
    source,
    operations: [operation],
    runtimes: [],
    sandbox: null,
    concurrency: options.concurrency ?? 2,
    queues: [],
    name: 'w',
    version: '0',
    clock,
    log: silentLog,
  });
  await worker.start();
  await clock.advance(0);
  return { clock, source, place, worker };
}
