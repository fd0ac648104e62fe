import { Queue, Worker } from 'bullmq';
import type { Contender } from './contender.ts';
import { BULLMQ } from './settings.ts';
import { StartWatch } from './start-watch.ts';

const QUEUE = 'noop';
const OPTIONS = { removeOnComplete: { count: BULLMQ.keep } };

/** BullMQ on a Redis of its own. */
export class BullContender implements Contender {
  readonly processes = new Map<string, number>();
  readonly #watch = new StartWatch();
  readonly #completed = new StartWatch();
  readonly #connection: { path: string };
  readonly #queue: Queue<{ n: number }>;
  #worker: Worker<{ n: number }> | undefined;

  constructor(socket: string) {
    this.#connection = { path: socket };
    this.#queue = new Queue(QUEUE, { connection: this.#connection });
    this.#queue.on('error', () => undefined);
  }

  async open(): Promise<void> {
    await this.#queue.waitUntilReady();
    await this.#queue.obliterate({ force: true });
  }

  async submitOne(number = 0): Promise<void> {
    await this.#queue.add('noop', { n: number }, OPTIONS);
  }

  async submitBatch(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BULLMQ.bulk) {
      const job = { name: 'noop', data: { n: 0 }, opts: OPTIONS };
      await this.#queue.addBulk(Array.from({ length: Math.min(BULLMQ.bulk, left) }, () => job));
    }
  }

  async work(): Promise<void> {
    this.#worker = new Worker<{ n: number }>(
      QUEUE,
      (job) => {
        this.#watch.see(job.data.n);
        return Promise.resolve();
      },
      { connection: this.#connection, concurrency: BULLMQ.concurrency },
    );
    this.#worker.on('error', () => undefined);
    // Told once Redis has moved the job.
    this.#worker.on('completed', () => this.#completed.see(0));
    await this.#worker.waitUntilReady();
  }

  untilStarted(count: number): Promise<void> {
    return this.#watch.untilStarted(count);
  }

  untilDone(count: number): Promise<void> {
    return this.#completed.untilStarted(count);
  }

  submitToStart(): Promise<number> {
    return this.#watch.probe((number) => this.submitOne(number));
  }

  async close(): Promise<void> {
    await this.#worker?.close(true);
    await this.#queue.close();
  }
}
