import { createHash } from 'node:crypto';
import {
  MayflyError,
  NO_RETRY,
  type Clock,
  type Faults,
  type JsonValue,
  type Task,
  type Unique,
} from '@mayfly/contracts';
import { Coalescer } from '../batching/coalescer.ts';
import { mayIsolate } from '../batching/may-isolate.ts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { WaitLimit } from '../ports/keeper-store.ts';
import type { Store } from '../ports/store.ts';
import type {
  StoredUnique,
  StoredUniqueBatch,
  StoredUnit,
  SubmissionUnit,
  UniqueBatch,
  UniqueUnit,
} from '../ports/submission-store.ts';
import type { NewTask } from '../task/new-task.ts';
import { resolveAfter, unknownDependency } from './predecessors.ts';
import { readScope, type Principal } from './principal.ts';
import { rejectFields, type CheckedSubmission, type Preparer } from './prepare.ts';
import { batchNotUnique, taskNotUnique, uniqueBatchOf, uniqueConflicts } from './unique-batch.ts';

/** Tasks in one insert. More makes the commit longer without making it cheaper a task. */
const FLUSH_TASKS_MAX = 1000;
const FLUSHES_IN_FLIGHT = 2;

/** Waiting submissions above this are refused, so that a slow database cannot eat the memory. */
const WAITING_UNITS_MAX = 20_000;

const ERRORS_TOLD_MAX = 20;

export interface SubmissionAnswer {
  tasks: Task[];
  /** The Idempotency-Key was used before for the same body; these are the tasks of that time. */
  repeated: boolean;
}

interface Prepared {
  principal: Principal;
  tasks: NewTask[];
  submissions: CheckedSubmission[];
  isBatch?: boolean;
}

interface SubmissionEvents {
  /** Tasks have been stored and wait. */
  onReady(laneIds: Set<number>): void;
  onScheduled(taskId: string, inMs: number): void;
  onWaitLimit(limit: WaitLimitAhead): void;
}

/** A wait limit that is `inMs` away. */
export interface WaitLimitAhead {
  taskId: string;
  limit: WaitLimit;
  inMs: number;
}

interface Parts {
  store: Store;
  lanes: LaneCatalog;
  preparer: Preparer;
  feed: TaskFeed;
  clock: Clock;
  events: SubmissionEvents;
  faults?: Faults | undefined;
}

/** Takes submissions in. When it resolves, the tasks are on disk. */
export class SubmissionService {
  readonly #parts: Parts;
  readonly #plain: Coalescer<SubmissionUnit, StoredUnit>;
  readonly #special: Coalescer<SubmissionUnit, StoredUnit>;
  readonly #unique: Coalescer<UniqueUnit, StoredUnique>;
  readonly #uniqueBatches: Coalescer<UniqueBatch, StoredUniqueBatch>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const options = {
      flush: (units: SubmissionUnit[]) => parts.store.submissions.insert(units),
      weigh: (unit: SubmissionUnit) => unit.tasks.length,
      maxWeight: FLUSH_TASKS_MAX,
      maxInFlight: FLUSHES_IN_FLIGHT,
      mayIsolate,
    };
    this.#plain = new Coalescer(options);
    // Keys and dependencies need a longer transaction; they must not slow down those without.
    this.#special = new Coalescer(options);
    this.#unique = new Coalescer({
      flush: (units) => parts.store.submissions.insertUnique(units),
      maxWeight: FLUSH_TASKS_MAX,
      maxInFlight: FLUSHES_IN_FLIGHT,
      mayIsolate,
    });
    // One at a time: what is wrong with one batch is nothing to another.
    this.#uniqueBatches = new Coalescer({
      flush: (batches) =>
        Promise.all(batches.map((batch) => parts.store.submissions.insertUniqueBatch(batch))),
      maxWeight: 1,
      maxInFlight: FLUSHES_IN_FLIGHT,
      mayIsolate,
    });
  }

  /** @throws MayflyError as `Preparer.prepare` does, `idempotency.conflict` and `task.not_unique` */
  async submit(
    principal: Principal,
    submission: CheckedSubmission,
    idempotencyKey?: string,
  ): Promise<SubmissionAnswer> {
    rejectFields(uniqueConflicts(submission, idempotencyKey));
    const task = await this.#parts.preparer.prepare(submission, principal.id, '');
    if (submission.unique) return this.#storeUnique(principal, task, submission.unique);
    resolveAfter([task], null);
    return this.#store({ principal, tasks: [task], submissions: [submission] }, idempotencyKey);
  }

  /** All or none. The errors of a refused batch point at its items: `/tasks/3/ttlMs`. */
  async submitBatch(
    principal: Principal,
    submissions: CheckedSubmission[],
    idempotencyKey?: string,
  ): Promise<SubmissionAnswer> {
    const tasks: NewTask[] = [];
    const failures: MayflyError[] = [];
    for (const [index, submission] of submissions.entries()) {
      try {
        rejectFields(uniqueConflicts(submission, idempotencyKey), `/tasks/${index}`);
        tasks.push(await this.#parts.preparer.prepare(submission, principal.id, `/tasks/${index}`));
      } catch (error) {
        failures.push(MayflyError.from(error));
        if (failures.length >= ERRORS_TOLD_MAX) break;
      }
    }
    const [first] = failures;
    if (first) throw mergeFailures(first, failures);
    resolveAfter(tasks, tasks);
    if (submissions.some(({ unique }) => unique)) {
      return this.#storeUniqueBatch({ principal, tasks, submissions });
    }
    return this.#store({ principal, tasks, submissions, isBatch: true }, idempotencyKey);
  }

  async #store(
    { principal, tasks, submissions, isBatch }: Prepared,
    idempotencyKey: string | undefined,
  ): Promise<SubmissionAnswer> {
    const idempotency =
      idempotencyKey === undefined
        ? null
        : { owner: principal.id, key: idempotencyKey, bodyHash: hashOf(submissions) };
    const linked = tasks.some((task) => task.after.length > 0);
    const special = linked || tasks.some((task) => task.webhook !== null);
    const coalescer = idempotency || special ? this.#special : this.#plain;
    refuseOverload(coalescer.size);
    const seesAll = readScope(principal).owner === null;
    const stored = await coalescer.add({ tasks, idempotency, seesAll });
    if (this.#parts.faults) await this.#parts.faults.at('task.stored');
    if (stored.kind === 'repeated') return this.#repeat(principal, stored);
    if (stored.kind === 'refused')
      throw unknownDependency(tasks, stored.unknown, isBatch ? tasks : null);
    if (linked) return this.#answerLinked(tasks, stored.createdAt);
    this.announce(tasks, stored.createdAt);
    return { tasks: tasks.map((task) => this.#view(task, stored.createdAt)), repeated: false };
  }

  async #storeUnique(
    principal: Principal,
    task: NewTask,
    unique: Unique,
  ): Promise<SubmissionAnswer> {
    refuseOverload(this.#unique.size);
    const { type } = this.#parts.lanes.get(task.laneId);
    const stored = await this.#unique.add({ task, type, unique });
    if (stored.kind === 'created') {
      this.announce([task], stored.createdAt);
      return { tasks: [this.#view(task, stored.createdAt)], repeated: false };
    }
    if (unique.onConflict === 'reject') throw taskNotUnique(stored.taskId);
    // It is the caller's own: keys of others are other keys.
    const scope = { owner: principal.id };
    return {
      tasks: await this.#parts.store.reader.getMany([stored.taskId], scope),
      repeated: true,
    };
  }

  async #storeUniqueBatch({ principal, tasks, submissions }: Prepared): Promise<SubmissionAnswer> {
    refuseOverload(this.#uniqueBatches.size);
    const { lanes, store, faults } = this.#parts;
    const seesAll = readScope(principal).owner === null;
    const batch = uniqueBatchOf(tasks, submissions, { lanes, seesAll });
    const stored = await this.#uniqueBatches.add(batch);
    if (faults) await faults.at('task.stored');
    if (stored.kind === 'held') throw batchNotUnique(tasks, stored);
    if (stored.kind === 'refused') throw unknownDependency(tasks, stored.unknown, tasks);
    const { createdAt, taskIds } = stored;
    if (createdAt) {
      const created = tasks.filter((task, index) => task.id === taskIds[index]);
      this.#announceLinked(created, createdAt);
    }
    return {
      tasks: await store.reader.getMany(taskIds, { owner: null }),
      repeated: createdAt === null,
    };
  }

  /** Where a task stands that waits for others, only the store knows. */
  async #answerLinked(tasks: NewTask[], createdAt: Date): Promise<SubmissionAnswer> {
    this.#announceLinked(tasks, createdAt);
    const ids = tasks.map((task) => task.id);
    return { tasks: await this.#parts.store.reader.getMany(ids, { owner: null }), repeated: false };
  }

  #announceLinked(tasks: NewTask[], createdAt: Date): void {
    const free = tasks.filter((task) => task.after.length === 0);
    this.announce(free, createdAt);
    // Claims have passed by predecessors while these tasks were tied to them.
    if (free.length < tasks.length) this.#parts.events.onReady(new Set(this.#parts.lanes.ids()));
  }

  async #repeat(
    principal: Principal,
    stored: Extract<StoredUnit, { kind: 'repeated' }>,
  ): Promise<SubmissionAnswer> {
    if (!stored.sameBody) {
      throw new MayflyError(
        'idempotency.conflict',
        'This Idempotency-Key was used within the last day for another body. Take a new key.',
      );
    }
    const tasks = await this.#parts.store.reader.getMany(stored.taskIds, readScope(principal));
    return { tasks, repeated: true };
  }

  /** Wakes whoever waits for tasks: they have been stored. */
  announce(tasks: NewTask[], createdAt: Date): void {
    const { events, feed, lanes, clock } = this.#parts;
    const ready = new Set<number>();
    for (const task of tasks) {
      const inMs = waitMs(task, createdAt);
      if (inMs > 0) events.onScheduled(task.id, inMs);
      else ready.add(task.laneId);
      for (const limit of waitLimits(task, inMs)) events.onWaitLimit(limit);
    }
    if (ready.size > 0) events.onReady(ready);
    feed.publish(
      tasks.map((task) => ({ taskId: task.id, task })),
      ({ task }) => ({
        id: task.id,
        type: lanes.get(task.laneId).type,
        queue: lanes.get(task.laneId).queue,
        status: waitMs(task, createdAt) > 0 ? 'scheduled' : 'pending',
        attempt: 0,
        progress: null,
        at: new Date(clock.now()).toISOString(),
      }),
    );
  }

  /** The task as it stands right after it was stored, without reading it back. */
  #view(task: NewTask, createdAt: Date): Task {
    const lane = this.#parts.lanes.get(task.laneId);
    const inMs = waitMs(task, createdAt);
    const runAt =
      task.runAt ?? (task.delayMs ? new Date(createdAt.getTime() + task.delayMs) : null);
    return {
      id: task.id,
      type: lane.type,
      description: task.description,
      queue: lane.queue,
      priority: task.priority,
      status: inMs > 0 ? 'scheduled' : 'pending',
      params: JSON.parse(task.paramsJson) as JsonValue,
      ttlMs: task.ttlMs,
      queueTtlMs: task.queueTtlMs,
      totalTtlMs: task.totalTtlMs,
      graceMs: task.graceMs,
      retry: task.retry ?? NO_RETRY,
      attempt: 0,
      owner: task.owner,
      labels: task.labels,
      concurrencyKey: task.concurrencyKey,
      progress: null,
      createdAt: createdAt.toISOString(),
      runAt: runAt?.toISOString() ?? null,
      startedAt: null,
      deadlineAt: null,
      finishedAt: null,
      worker: null,
      result: null,
      error: null,
      after: [],
      afterPolicy: null,
      webhook: task.webhook,
    };
  }
}

function refuseOverload(waiting: number): void {
  if (waiting < WAITING_UNITS_MAX) return;
  throw new MayflyError('server.overloaded', 'Too many submissions wait. Try again in a second.');
}

function waitMs(task: NewTask, createdAt: Date): number {
  if (task.runAt) return task.runAt.getTime() - createdAt.getTime();
  return task.delayMs ?? 0;
}

function waitLimits(task: NewTask, inMs: number): WaitLimitAhead[] {
  const limits: WaitLimitAhead[] = [];
  if (task.queueTtlMs !== null) {
    limits.push({ taskId: task.id, limit: 'queue', inMs: Math.max(0, inMs) + task.queueTtlMs });
  }
  if (task.totalTtlMs !== null) {
    limits.push({ taskId: task.id, limit: 'total', inMs: task.totalTtlMs });
  }
  return limits;
}

/** Hash of the meaning of a body: the order of its keys and its white space do not matter. */
function hashOf(submissions: CheckedSubmission[]): Buffer {
  return createHash('sha256').update(stableText(submissions)).digest();
}

/** JSON with sorted keys. */
function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    const entries = Object.entries(part as Record<string, unknown>);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function mergeFailures(first: MayflyError, failures: MayflyError[]): MayflyError {
  const errors = failures.flatMap((failure) => failure.errors).slice(0, ERRORS_TOLD_MAX);
  const indexes = [...new Set(errors.map((error) => Number(error.pointer.split('/')[2])))];
  return new MayflyError(
    first.code,
    `Nothing was stored, because of item ${indexes.join(', ')} of the batch. ${first.message}`,
    { errors, extra: { ...first.extra, items: indexes } },
  );
}
