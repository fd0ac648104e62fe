import type { ConnectionSettings } from '@mayfly/postgres';
import { Logger, makeWorkerUtils, run, type Runner, type WorkerUtils } from 'graphile-worker';
import pg from 'pg';
import type { Contender } from './contender.ts';
import { CONCURRENCY, GRAPHILE } from './settings.ts';
import { StartWatch, until } from './start-watch.ts';

const POOL = 10;

/** graphile-worker as its page on performance advises: local queue and batched completion. */
export class GraphileContender implements Contender {
  readonly processes = new Map<string, number>();
  readonly #pool: pg.Pool;
  readonly #watch = new StartWatch();
  readonly #logger = new Logger(() => () => undefined);
  #utils: WorkerUtils | undefined;
  #runner: Runner | undefined;

  constructor(database: ConnectionSettings) {
    this.#pool = new pg.Pool({ ...database, max: POOL });
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => void client.on('error', () => undefined));
  }

  async open(): Promise<void> {
    this.#utils = await makeWorkerUtils({ pgPool: this.#pool, logger: this.#logger });
    await this.#utils.migrate();
  }

  async submitOne(number = 0): Promise<void> {
    await this.#utils?.addJob('noop', { n: number });
  }

  async submitBatch(count: number): Promise<void> {
    await this.#utils?.addJobs(
      Array.from({ length: count }, () => ({ identifier: 'noop', payload: { n: 0 } })),
    );
  }

  async work(): Promise<void> {
    this.#runner = await run({
      pgPool: this.#pool,
      logger: this.#logger,
      noHandleSignals: true,
      pollInterval: 1000,
      taskList: { noop: (payload) => this.#watch.see((payload as { n: number }).n) },
      preset: {
        worker: {
          concurrentJobs: CONCURRENCY,
          maxPoolSize: POOL,
          localQueue: { size: GRAPHILE.localQueue },
          completeJobBatchDelay: GRAPHILE.completeDelayMs,
          failJobBatchDelay: GRAPHILE.completeDelayMs,
        },
      },
    });
  }

  untilStarted(count: number): Promise<void> {
    return this.#watch.untilStarted(count);
  }

  /** Handled is not recorded: completed jobs are deleted in batches. */
  async untilDone(count: number): Promise<void> {
    await this.untilStarted(count);
    await until(async () => {
      const { rows } = await this.#pool.query<{ done: boolean }>(
        'select not exists (select from graphile_worker._private_jobs) as done',
      );
      return rows[0]?.done === true;
    });
  }

  submitToStart(): Promise<number> {
    return this.#watch.probe((number) => this.submitOne(number));
  }

  async close(): Promise<void> {
    await this.#runner?.stop();
    await this.#utils?.release();
    await this.#pool.end();
  }
}
