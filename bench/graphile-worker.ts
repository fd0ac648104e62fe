import { Logger, makeWorkerUtils, run, type Runner, type WorkerUtils } from 'graphile-worker';
import pg from 'pg';
import type { ConnectionSettings } from '@mayfly/postgres';
import type { Contender } from './contender.ts';

const CONCURRENCY = 24;
const LOCAL_QUEUE = 500;

/** graphile-worker as its page on performance advises: local queue and batched completion. */
export class GraphileContender implements Contender {
  readonly name = 'graphile-worker';
  readonly settings = `concurrency ${CONCURRENCY}, local queue ${LOCAL_QUEUE}, completion batched`;
  #pool: pg.Pool | undefined;
  #utils: WorkerUtils | undefined;
  #runner: Runner | undefined;
  #onStart: () => void = () => undefined;
  #onDone: () => void = () => undefined;
  readonly #logger = new Logger(() => () => undefined);

  async start(database: ConnectionSettings): Promise<void> {
    this.#pool = new pg.Pool({ ...database, max: 10 });
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => void client.on('error', () => undefined));
    this.#utils = await makeWorkerUtils({ pgPool: this.#pool, logger: this.#logger });
    await this.#utils.migrate();
  }

  async submitOne(): Promise<void> {
    await this.#utils?.addJob('noop', { n: 1 });
  }

  async submitBatch(count: number): Promise<void> {
    await this.#utils?.addJobs(
      Array.from({ length: count }, () => ({ identifier: 'noop', payload: { n: 1 } })),
    );
  }

  async drain(count: number): Promise<void> {
    let left = count;
    const handled = new Promise<void>((resolve) => {
      this.#onDone = () => {
        if (--left === 0) resolve();
      };
    });
    this.#runner = await run({
      pgPool: this.#pool as pg.Pool,
      logger: this.#logger,
      noHandleSignals: true,
      pollInterval: 1000,
      taskList: {
        noop: () => {
          this.#onStart();
          this.#onDone();
        },
      },
      preset: {
        worker: {
          concurrentJobs: CONCURRENCY,
          maxPoolSize: 10,
          localQueue: { size: LOCAL_QUEUE },
          completeJobBatchDelay: 0,
        },
      },
    });
    await handled;
    // Handled is not recorded: completed jobs are deleted in batches.
    for (;;) {
      const result = await this.#pool?.query<{ left: number }>(
        'select count(*)::int as left from graphile_worker.jobs',
      );
      if (result?.rows[0]?.left === 0) return;
    }
  }

  submitToStart(): Promise<number> {
    return new Promise((resolve, reject) => {
      const from = performance.now();
      this.#onStart = () => resolve(performance.now() - from);
      this.submitOne().catch(reject);
    });
  }

  async stop(): Promise<void> {
    await this.#runner?.stop();
    await this.#utils?.release();
    await this.#pool?.end();
  }
}
