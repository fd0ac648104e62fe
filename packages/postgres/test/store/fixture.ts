import type { AttemptOutcome, Task } from '@mayfly/contracts';
import type { ClaimedAttempt, NewTask, Scope, Settlement, Store } from '@mayfly/core';
import { openTestStore, type TestServer } from '@mayfly/testkit';
import { v7 as uuidv7 } from 'uuid';

export const ALL: Scope = { owner: null };
export const OWNER = '01900000-0000-7000-8000-000000000001';
export const STRANGER = '01900000-0000-7000-8000-000000000002';

/** A store of its own with short words for what most tests do first. */
export class Fixture {
  readonly store: Store;
  laneId = 0;
  workerId = '';

  private constructor(store: Store) {
    this.store = store;
  }

  static async open(server: TestServer): Promise<Fixture> {
    const fixture = new Fixture(await openTestStore(server));
    const { workers } = fixture.store;
    fixture.laneId = (await workers.ensureLane({ queue: 'default', type: 'noop', runtime: '' })).id;
    fixture.workerId = await fixture.register();
    return fixture;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  newTask(changes: Partial<NewTask> = {}): NewTask {
    return {
      id: uuidv7(),
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

  async register(leaseMs = 60_000): Promise<string> {
    const incarnation = crypto.randomUUID();
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

  claim(count = 1, workerId = this.workerId): Promise<ClaimedAttempt[]> {
    const slots = Array.from({ length: count }, () => workerId);
    return this.store.dispatch.claim({ laneIds: [this.laneId], slots });
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
