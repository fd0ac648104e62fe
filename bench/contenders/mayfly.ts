import type { Submission } from '@mayfly/contracts';
import type { ConnectionSettings } from '@mayfly/postgres';
import { defineHandler, type Handler } from '@mayfly/worker';
import { z } from 'zod';
import { untilEnded } from '../support/ended.ts';
import { MayflyInProcess } from '../support/mayfly-in-process.ts';
import type { Contender } from './contender.ts';
import { CONCURRENCY } from './settings.ts';
import { StartWatch } from './start-watch.ts';

const BATCH = 5000;

/** Mayfly in one process: server with all its parts, and worker, as `mayfly dev` has them. */
export class MayflyContender implements Contender {
  readonly processes = new Map<string, number>();
  readonly #database: ConnectionSettings;
  readonly #watch = new StartWatch();
  readonly #noop: Handler;
  #mayfly: MayflyInProcess | undefined;

  constructor(database: ConnectionSettings) {
    this.#database = database;
    this.#noop = defineHandler({
      type: 'bench.noop',
      isolation: 'inline',
      params: z.strictObject({ n: z.number() }),
      run: ({ n }) => this.#watch.see(n),
    });
  }

  async open(): Promise<void> {
    this.#mayfly = await MayflyInProcess.start(this.#database);
    await this.#mayfly.know([this.#noop]);
  }

  async submitOne(number = 0): Promise<void> {
    await this.#mayfly?.submit(noopTask(number));
  }

  async submitBatch(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BATCH) {
      const tasks = Array.from({ length: Math.min(BATCH, left) }, () => noopTask(0));
      await this.#mayfly?.submitBatch(tasks);
    }
  }

  async work(): Promise<void> {
    await this.#mayfly?.work([this.#noop], { concurrency: CONCURRENCY });
  }

  untilStarted(count: number): Promise<void> {
    return this.#watch.untilStarted(count);
  }

  untilDone(count: number): Promise<void> {
    return untilEnded(this.#database, 'completed', count);
  }

  submitToStart(): Promise<number> {
    return this.#watch.probe((number) => this.submitOne(number));
  }

  async close(): Promise<void> {
    await this.#mayfly?.close();
  }
}

function noopTask(n: number): Submission {
  return { type: 'bench.noop', ttlMs: 60_000, params: { n } };
}
