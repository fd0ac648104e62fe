import type { ConnectionSettings } from '@mayfly/postgres';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { connectionUrl } from './connection-url.ts';
import type { Contender } from './contender.ts';
import { PG_BOSS } from './settings.ts';
import { StartWatch, until } from './start-watch.ts';

const QUEUE = 'noop';
const POOL = 10;
const INSERT = 5000;

/** pg-boss with what its documentation has for throughput: batches, notifications, bursts. */
export class PgBossContender implements Contender {
  readonly processes = new Map<string, number>();
  readonly #watch = new StartWatch();
  readonly #boss: PgBoss;
  readonly #pool: pg.Pool;

  constructor(database: ConnectionSettings) {
    this.#boss = new PgBoss({
      connectionString: connectionUrl(database),
      max: POOL,
      useListenNotify: true,
    });
    this.#boss.on('error', () => undefined);
    this.#pool = new pg.Pool({ ...database, max: 1 });
  }

  async open(): Promise<void> {
    await this.#boss.start();
    await this.#boss.createQueue(QUEUE, { notify: true });
  }

  async submitOne(number = 0): Promise<void> {
    await this.#boss.send(QUEUE, { n: number });
  }

  async submitBatch(count: number): Promise<void> {
    for (let left = count; left > 0; left -= INSERT) {
      const jobs = Array.from({ length: Math.min(INSERT, left) }, () => ({ data: { n: 0 } }));
      await this.#boss.insert(QUEUE, jobs);
    }
  }

  async work(): Promise<void> {
    const options = {
      batchSize: PG_BOSS.batchSize,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: PG_BOSS.pollingSeconds,
    };
    await this.#boss.work<{ n: number }>(QUEUE, options, (jobs) => {
      for (const { data } of jobs) this.#watch.see(data.n);
      return Promise.resolve();
    });
  }

  untilStarted(count: number): Promise<void> {
    return this.#watch.untilStarted(count);
  }

  async untilDone(count: number): Promise<void> {
    await this.untilStarted(count);
    await until(async () => {
      const { rows } = await this.#pool.query<{ done: boolean }>(
        `select not exists (select from pgboss.job where name = $1 and state < 'completed') as done`,
        [QUEUE],
      );
      return rows[0]?.done === true;
    });
  }

  submitToStart(): Promise<number> {
    return this.#watch.probe((number) => this.submitOne(number));
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
    await this.#pool.end();
  }
}
