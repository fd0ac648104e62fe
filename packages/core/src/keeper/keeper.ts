import type { Clock, Faults, Log, Timer } from '@mayfly/contracts';
import type { Lifetimes } from '../dispatch/lifetimes.ts';
import type { Settler } from '../dispatch/settler.ts';
import { toEvent } from '../live/to-event.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { Leadership, WaitLimit } from '../ports/keeper-store.ts';
import type { Store } from '../ports/store.ts';
import type { WaitLimitAhead } from '../submission/submission-service.ts';
import { DueQueue } from '../time/due-queue.ts';
import type { Retention } from './retention.ts';
import type { ScheduleClock } from './schedule-clock.ts';

interface Parts {
  store: Store;
  settler: Settler;
  feed: TaskFeed;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  faults?: Faults | undefined;
  schedules: ScheduleClock;
  retention: Retention;
  /** Tasks have become pending. */
  onReady(): void;
}

/** Two readings of one due time differ by the time that the answers took to get here. */
const SAME_TIME_MS = 20;

const ROUND_MS = 1000;

/** How far ahead due times are loaded: enough to miss two rounds, and no more, for all is read anew. */
const HORIZON_MS = 3500;

/** A leader confirms each second; one that is silent for so long is stopped, or cut off. */
const LEADER_SILENCE_MS = 3000;

const ORPHANS_MS = 5000;
const LOAD_MAX = 100_000;
const BATCH_MAX = 1000;
const TIDY_MS = 60 * 60 * 1000;

/** It reads all that runs, for a case that hardly ever is: an index would cost every attempt. */
const OVERDUE_MS = 10_000;

/**
 * Watches over time: wakes scheduled tasks, ends what waited or ran too long, and takes silent
 * workers for dead. Of all servers one leads; leadership is a lock that the database frees when the
 * leader's session ends, so a dead leader is replaced within a round.
 *
 * Due times within the horizon are in memory, so they are met to the timer's precision. What this
 * process stores itself is told to it at once; what other servers store is found by the next round.
 * Everything is checked again by the database clock: a timer that fires early does no harm.
 */
export class Keeper {
  readonly #parts: Parts;
  readonly #wakeUps: DueQueue<string>;
  readonly #limits: DueQueue<string>;
  #leadership: Leadership | undefined;
  #timer: Timer | undefined;
  #round: Promise<void> = Promise.resolve();
  #tidiedAt = Number.NEGATIVE_INFINITY;
  #overdueAt = Number.NEGATIVE_INFINITY;
  /** Also true for a new leader: the last one may have died between the two steps. */
  #mayHaveOrphans = true;
  #orphansSoughtAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#wakeUps = new DueQueue(parts.clock, (ids) => void this.#guard(this.#wake(ids)));
    this.#limits = new DueQueue(
      parts.clock,
      (names) => void this.#guard(this.#expireWaiting(names)),
    );
  }

  get leads(): boolean {
    return this.#leadership !== undefined;
  }

  start(): void {
    this.#next(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#round;
    await this.#parts.retention.stop();
    const leadership = this.#leadership;
    this.#stepDown();
    await leadership?.release();
  }

  /** A task of this server is to wake in `inMs`. */
  expectWakeUp(taskId: string, inMs: number): void {
    if (this.leads && inMs <= HORIZON_MS) this.#set(this.#wakeUps, taskId, inMs);
  }

  /** A task of this server reaches a wait limit in `inMs`. */
  expectLimit({ taskId, limit, inMs }: WaitLimitAhead): void {
    if (this.leads && inMs <= HORIZON_MS) this.#set(this.#limits, `${limit} ${taskId}`, inMs);
  }

  /** Due times have changed in the store. */
  reload(): void {
    if (this.leads) void this.#guard(this.#load());
  }

  #set(queue: DueQueue<string>, key: string, inMs: number): void {
    // A millisecond later than due, lest rounding makes us ask the database too early.
    const dueAt = this.#parts.clock.monotonic() + Math.max(0, inMs) + 1;
    const known = queue.get(key);
    if (known === undefined || Math.abs(known - dueAt) > SAME_TIME_MS) queue.set(key, dueAt);
  }

  #next(delayMs: number): void {
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#round = this.#guard(this.#runRound()).finally(() => {
        if (!this.#stopped) this.#next(ROUND_MS);
      });
    });
  }

  /** The database may be away, or leadership lost: the next round sees. */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn({ error }, 'the keeper could not do its round');
    }
  }

  async #runRound(): Promise<void> {
    if (!this.#leadership && !(await this.#tryLead())) return;
    await this.#load();
    await this.#handOnLost();
    await this.#expireOverdue();
    await this.#tidy();
    void this.#parts.retention.round();
  }

  async #tryLead(): Promise<boolean> {
    const leadership = await this.#parts.store.keeper.tryLead(LEADER_SILENCE_MS);
    if (!leadership) return false;
    this.#leadership = leadership;
    this.#mayHaveOrphans = true;
    leadership.onLost(() => this.#stepDown());
    this.#confirm(leadership);
    this.#parts.log.info({}, 'this server keeps time now');
    return true;
  }

  /** Apart from the rounds: a long one is no silence. */
  #confirm(leadership: Leadership): void {
    this.#parts.clock.after(ROUND_MS, () => {
      if (this.#leadership !== leadership) return;
      void this.#guard(leadership.confirm());
      this.#confirm(leadership);
    });
  }

  #stepDown(): void {
    if (!this.#leadership) return;
    this.#leadership = undefined;
    this.#wakeUps.clear();
    this.#limits.clear();
    this.#parts.schedules.clear();
    if (!this.#stopped) this.#parts.log.warn({}, 'this server keeps time no longer');
  }

  async #load(): Promise<void> {
    const { keeper } = this.#parts.store;
    for (const due of await keeper.listScheduled(HORIZON_MS, LOAD_MAX)) {
      this.#set(this.#wakeUps, due.taskId, due.inMs);
    }
    for (const due of await keeper.listWaitLimits(HORIZON_MS, LOAD_MAX)) {
      this.#set(this.#limits, `${due.limit} ${due.taskId}`, due.inMs);
    }
    await this.#parts.schedules.load();
  }

  async #wake(taskIds: string[]): Promise<void> {
    for (const batch of batches(taskIds)) {
      const woken = await this.#parts.store.keeper.wake(batch);
      if (woken.length === 0) continue;
      this.#parts.onReady();
      await this.#publish(woken);
    }
  }

  async #expireWaiting(names: string[]): Promise<void> {
    for (const batch of batches(names)) {
      const limits = batch.map((name) => {
        const [limit, taskId] = name.split(' ') as [WaitLimit, string];
        return { limit, taskId };
      });
      await this.#publish(await this.#parts.store.keeper.expireWaiting(limits));
    }
  }

  /** Workers whose lease is over have stopped their attempts by themselves, or are dead. */
  async #handOnLost(): Promise<void> {
    const { store, lifetimes, settler, log } = this.#parts;
    for (const workerId of await store.workers.loseExpired(lifetimes.leaseMarginMs)) {
      log.warn({ worker: workerId }, 'a worker is lost; its attempts go to others');
      this.#mayHaveOrphans = true;
    }
    const now = this.#parts.clock.monotonic();
    // A server that was stopped may claim for a worker that was lost meanwhile.
    if (!this.#mayHaveOrphans && now - this.#orphansSoughtAt < ORPHANS_MS) return;
    this.#orphansSoughtAt = now;
    if (this.#parts.faults) await this.#parts.faults.at('worker.lost');
    const orphans = await store.dispatch.listOrphans(BATCH_MAX);
    this.#mayHaveOrphans = orphans.length === BATCH_MAX;
    await Promise.all(orphans.map((held) => settler.settle(held, { outcome: 'lost' })));
  }

  /** For attempts whose server went away: their deadline is in nobody's memory. */
  async #expireOverdue(): Promise<void> {
    const { store, lifetimes, settler, clock } = this.#parts;
    if (clock.monotonic() - this.#overdueAt < OVERDUE_MS) return;
    const patienceMs = 2 * lifetimes.confirmPatienceMs;
    const overdue = await store.dispatch.listOverdue(patienceMs, BATCH_MAX);
    const ending = { outcome: 'expired', stopReason: 'ttl', stopRequestedAgoMs: 0 } as const;
    await Promise.all(overdue.map((held) => settler.settle(held, ending)));
    if (overdue.length < BATCH_MAX) this.#overdueAt = clock.monotonic();
  }

  async #tidy(): Promise<void> {
    const now = this.#parts.clock.monotonic();
    if (now - this.#tidiedAt < TIDY_MS) return;
    await this.#parts.store.keeper.tidy();
    this.#tidiedAt = now;
  }

  async #publish(taskIds: string[]): Promise<void> {
    if (taskIds.length === 0 || !this.#parts.feed.isWatched) return;
    const tasks = await this.#parts.store.reader.getMany(taskIds, { owner: null });
    const at = new Date(this.#parts.clock.now()).toISOString();
    this.#parts.feed.publish(
      tasks.map((task) => ({ taskId: task.id, task })),
      ({ task }) => toEvent(task, at),
    );
  }
}

function batches<Item>(items: Item[]): Item[][] {
  const count = Math.ceil(items.length / BATCH_MAX);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * BATCH_MAX, (index + 1) * BATCH_MAX),
  );
}
