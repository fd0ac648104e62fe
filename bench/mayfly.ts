import { LIMITS, silentLog, submissionSchema, systemClock } from '@mayfly/contracts';
import {
  createCore,
  DEFAULT_LIFETIMES,
  type CheckedSubmission,
  type Core,
  type Principal,
  type Store,
} from '@mayfly/core';
import { openPostgresStore, type ConnectionSettings } from '@mayfly/postgres';
import { createLocalSource } from '@mayfly/server';
import { Worker, type Isolation, type JobEnd } from '@mayfly/worker';
import type { Contender } from './contender.ts';

const CONCURRENCY = 24;
const DONE: JobEnd = { kind: 'returned', result: null };
const OWNER: Principal = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'bench',
  claims: ['admin'],
};

/** Mayfly in one process: the same core, store and worker as `mayfly dev`, without HTTP. */
export class MayflyContender implements Contender {
  readonly name = 'mayfly';
  readonly settings = `in process, concurrency ${CONCURRENCY}, defaults`;
  #store: Store | undefined;
  #core: Core | undefined;
  #worker: Worker | undefined;
  #onStart: () => void = () => undefined;
  #submission: CheckedSubmission | undefined;

  async start(database: ConnectionSettings): Promise<void> {
    const surroundings = { clock: systemClock, log: silentLog };
    this.#store = await openPostgresStore(database, surroundings);
    this.#core = await createCore({
      ...surroundings,
      store: this.#store,
      lifetimes: DEFAULT_LIFETIMES,
      ttlMsMax: 86_400_000,
      retentionMs: LIMITS.retentionMsDefault,
      random: Math.random,
    });
    const taskType = {
      name: 'noop',
      description: '',
      paramsSchema: { type: 'object' },
      isolation: 'inline',
    } as const;
    await this.#core.types.add([taskType]);
    this.#core.keeper.start();
    this.#submission = submissionSchema.parse({ type: 'noop', ttlMs: 60_000, params: { n: 1 } });
    const isolation: Isolation = {
      canKill: false,
      close: () => Promise.resolve(),
      start: () => {
        this.#onStart();
        return { terminate: () => undefined, kill: () => undefined, ended: Promise.resolve(DONE) };
      },
    };
    this.#worker = new Worker({
      ...surroundings,
      source: createLocalSource(this.#core.dispatcher),
      operations: [{ taskType, isolation }],
      runtimes: [],
      sandbox: null,
      concurrency: CONCURRENCY,
      queues: [],
      name: 'bench',
      version: '0',
    });
  }

  async submitOne(): Promise<void> {
    await this.#core?.submissions.submit(OWNER, this.#submission as CheckedSubmission);
  }

  async submitBatch(count: number): Promise<void> {
    const submissions = Array.from({ length: count }, () => this.#submission as CheckedSubmission);
    await this.#core?.submissions.submitBatch(OWNER, submissions);
  }

  async drain(count: number): Promise<void> {
    const done = this.#settled(count);
    await this.#worker?.start();
    await done;
  }

  submitToStart(): Promise<number> {
    return new Promise((resolve, reject) => {
      const from = performance.now();
      this.#onStart = () => resolve(performance.now() - from);
      this.submitOne().catch(reject);
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.close();
    await this.#core?.close();
    await this.#store?.close();
  }

  /** Resolves when so many ends are recorded in the database, as the feed tells after each commit. */
  #settled(count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      const unsubscribe = this.#core?.feed.subscribe((event) => {
        if (event.status !== 'completed' || --left > 0) return;
        unsubscribe?.();
        resolve();
      });
    });
  }
}
