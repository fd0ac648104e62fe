import { silentLog, systemClock, type AttemptOutcome, type Task } from '@mayfly/contracts';
import {
  newTaskId,
  type ClaimedAttempt,
  type NewTask,
  type Scope,
  type SessionRef,
  type Settlement,
  type Store,
} from '@mayfly/core';
import { openPostgresStore, type ConnectionSettings } from '@mayfly/postgres';
import type { TestServer } from '@mayfly/testkit';
import pg from 'pg';

export const ALL: Scope = { owner: null };
export const OWNER = '01900000-0000-7000-8000-000000000001';
export const STRANGER = '01900000-0000-7000-8000-000000000002';

/** A store of its own with short words for what most tests do first. */
export class Fixture {
  readonly store: Store;
  laneId = 0;
  workerId = '';

  readonly #settings: ConnectionSettings;

  private constructor(store: Store, settings: ConnectionSettings) {
    this.store = store;
    this.#settings = settings;
  }

  static async open(server: TestServer): Promise<Fixture> {
    const settings = await server.migrated();
    const surroundings = { clock: systemClock, log: silentLog };
    const fixture = new Fixture(await openPostgresStore(settings, surroundings), settings);
    const { workers } = fixture.store;
    fixture.laneId = (await workers.ensureLane({ queue: 'default', type: 'noop', runtime: '' })).id;
    fixture.workerId = await fixture.register();
    return fixture;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  /** A connection of its own, for what no port does: the past, and two at once. */
  async connect(): Promise<pg.Client & AsyncDisposable> {
    const client = new pg.Client({ ...this.#settings, options: '-c search_path=mayfly' });
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  newTask(changes: Partial<NewTask> = {}): NewTask {
    return {
      id: newTaskId(0),
      laneId: this.laneId,
      priority: 0,
      ttlMs: 60_000,
      graceMs: 0,
      queueTtlMs: null,
      totalTtlMs: null,
      runAt: null,
      delayMs: null,
      owner: OWNER,
      description: null,
      labels: {},
      retry: null,
      concurrencyKey: null,
      after: [],
      afterPolicy: 'cancel',
      webhook: null,
      paramsJson: '{}',
      ...changes,
    };
  }

  /** Stores one task. @returns its id */
  async submit(changes: Partial<NewTask> = {}): Promise<string> {
    const task = this.newTask(changes);
    await this.store.submissions.insert([{ tasks: [task], idempotency: null }]);
    return task.id;
  }

  /** The first session of a worker. */
  sessionOf(workerId = this.workerId): SessionRef {
    return { workerId, session: 1 };
  }

  /** A new worker, or one that comes back over another connection. @returns its id */
  async register(leaseMs = 60_000, incarnation: string = crypto.randomUUID()): Promise<string> {
    await this.store.workers.register(
      {
        incarnation,
        name: `worker-${incarnation.slice(0, 4)}`,
        host: 'here',
        pid: 1,
        version: '0',
        concurrency: 4,
        queues: [],
        types: [{ name: 'noop', description: '', paramsSchema: {}, isolation: 'inline' }],
        runtimes: [],
        sandbox: null,
      },
      leaseMs,
    );
    return incarnation;
  }

  async claim(count = 1, workerId = this.workerId): Promise<ClaimedAttempt[]> {
    const slots = Array.from({ length: count }, () => workerId);
    const sessions = [this.sessionOf(workerId)];
    const laneIds = [this.laneId];
    return (await this.store.dispatch.claim({ laneIds, slots, sessions })).attempts;
  }

  /** Claims the one waiting task. */
  async claimOne(): Promise<ClaimedAttempt> {
    const [attempt] = await this.claim();
    if (!attempt) throw new Error('nothing waits');
    return attempt;
  }

  settlement(
    attempt: ClaimedAttempt,
    outcome: AttemptOutcome,
    changes: Partial<Settlement> = {},
  ): Settlement {
    return {
      taskId: attempt.taskId,
      attempt: attempt.attempt,
      workerId: attempt.workerId,
      outcome,
      status: outcome === 'lost' ? null : outcome,
      delayMs: 0,
      failures: 0,
      lost: 0,
      resultJson: null,
      errorCode: null,
      errorMessage: null,
      stopReason: null,
      stopRequestedAgoMs: null,
      stopConfirmedAgoMs: null,
      lateResult: false,
      freeInMs: null,
      ...changes,
    };
  }

  async settle(
    attempt: ClaimedAttempt,
    outcome: AttemptOutcome,
    changes: Partial<Settlement> = {},
  ): Promise<boolean> {
    const [accepted] = await this.store.dispatch.settle([
      this.settlement(attempt, outcome, changes),
    ]);
    return accepted === true;
  }

  async task(id: string): Promise<Task> {
    const task = await this.store.reader.get(id, ALL);
    if (!task) throw new Error(`there is no task ${id}`);
    return task;
  }

  async statusOf(id: string): Promise<string> {
    return (await this.task(id)).status;
  }
}

/** Waits until the database clock has moved past an instant that is this far away. */
export async function databaseWait(store: Store, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() <= until) await store.ping();
}
