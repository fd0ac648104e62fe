import type { Clock, Log } from '@mayfly/contracts';
import type { RunningTask } from '../ports/control-store.ts';
import type { DispatchStore } from '../ports/dispatch-store.ts';
import type { PendingStop } from '../ports/keeper-store.ts';
import type { AttemptRef, HeldAttempt } from '../task/attempt.ts';
import { DueQueue } from '../time/due-queue.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { AttemptEnding } from './settlement.ts';
import type { Settler } from './settler.ts';
import type { TrackedAttempt, WorkerSession } from './worker-session.ts';

/** A moved deadline is news only beyond what transit and rounding make of the same one. */
const DEADLINE_NEWS_MS = 50;

interface Parts {
  store: DispatchStore;
  settler: Settler;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
}

/**
 * The attempts that workers of this server hold, with their deadlines. The worker ends an attempt
 * at its TTL; this is the other side of that promise, for a worker that does not.
 */
export class AttemptTracker {
  readonly #parts: Parts;
  readonly #deadlines: DueQueue<string>;
  readonly #holders = new Map<string, WorkerSession>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#deadlines = new DueQueue(parts.clock, (taskIds) => this.#expire(taskIds));
  }

  track(session: WorkerSession, attempt: HeldAttempt): void {
    const { clock, lifetimes } = this.#parts;
    const deadlineAt = clock.monotonic() + attempt.leftMs;
    session.held.set(attempt.taskId, { ...attempt, deadlineAt });
    this.#holders.set(attempt.taskId, session);
    this.#deadlines.set(attempt.taskId, deadlineAt + lifetimes.confirmPatienceMs);
  }

  /** @returns what the settler says: false when the end was recorded otherwise before */
  async end(
    session: WorkerSession,
    tracked: TrackedAttempt,
    ending: AttemptEnding,
  ): Promise<boolean> {
    this.#deadlines.delete(tracked.taskId);
    const accepted = await this.#settle(tracked, ending);
    this.#forget(session, tracked);
    return accepted;
  }

  /** Puts back attempts that never started. @returns the lanes that have waiting tasks again */
  async giveBack(session: WorkerSession, refs: AttemptRef[]): Promise<number[]> {
    const tracked = refs.flatMap((ref) => session.held.get(ref.taskId) ?? []);
    for (const attempt of tracked.filter((item) => item.cancelRequested)) {
      await this.end(session, attempt, { outcome: 'cancelled', stopConfirmedAgoMs: 0 });
    }
    await this.#parts.store.giveBack(session.ref, refs);
    for (const ref of refs) this.#forget(session, ref);
    return tracked.map((attempt) => attempt.laneId);
  }

  /** Tells workers to stop attempts; that it was asked is recorded already. */
  stop(tasks: RunningTask[]): void {
    for (const { taskId, attempt, graceMs } of tasks) {
      const tracked = this.#find(taskId, attempt);
      if (!tracked) continue;
      tracked.cancelRequested = true;
      this.#holders.get(taskId)?.queue((frame) => {
        frame.stops.push({ taskId, attempt, reason: 'cancel', graceMs });
      });
    }
  }

  moveDeadline({ taskId, attempt }: AttemptRef, leftMs: number): void {
    const tracked = this.#find(taskId, attempt);
    const session = this.#holders.get(taskId);
    if (!tracked || !session) return;
    this.track(session, { ...tracked, leftMs });
    const now = this.#parts.clock.monotonic();
    const deadlineAtMs = session.clock.tell(now + leftMs, now);
    const ttlMs = Math.round(leftMs);
    session.queue((frame) => frame.deadlines.push({ taskId, attempt, ttlMs, deadlineAtMs }));
  }

  /**
   * Stops and deadlines that were set on another server, or while the worker was away.
   *
   * @param ageMs how long ago they were asked for; what time is left was read since
   */
  tellPending(stops: PendingStop[], ageMs: number): void {
    for (const stop of stops) {
      const tracked = this.#find(stop.taskId, stop.attempt);
      if (!tracked) continue;
      const leftMs = tracked.deadlineAt - this.#parts.clock.monotonic();
      const isMoved =
        leftMs > stop.leftMs + DEADLINE_NEWS_MS || leftMs < stop.leftMs - ageMs - DEADLINE_NEWS_MS;
      if (isMoved) this.moveDeadline(stop, stop.leftMs - ageMs);
      if (stop.reason !== null && !tracked.cancelRequested) this.stop([stop]);
    }
  }

  close(): void {
    this.#deadlines.clear();
  }

  #settle(tracked: TrackedAttempt, ending: AttemptEnding): Promise<boolean> {
    const { clock, settler } = this.#parts;
    const passedMs = tracked.leftMs - (tracked.deadlineAt - clock.monotonic());
    const totalLeftMs = tracked.totalLeftMs === null ? null : tracked.totalLeftMs - passedMs;
    return settler.settle({ ...tracked, totalLeftMs }, ending);
  }

  #find(taskId: string, attempt: number): TrackedAttempt | undefined {
    const tracked = this.#holders.get(taskId)?.held.get(taskId);
    return tracked?.attempt === attempt ? tracked : undefined;
  }

  #forget(session: WorkerSession, ref: AttemptRef): void {
    if (session.held.get(ref.taskId)?.attempt !== ref.attempt) return;
    session.held.delete(ref.taskId);
    if (this.#holders.get(ref.taskId) !== session) return;
    this.#holders.delete(ref.taskId);
    this.#deadlines.delete(ref.taskId);
  }

  /** Deadlines and the patience after them are over, and nobody has reported an end. */
  #expire(taskIds: string[]): void {
    const overdue = new Map<WorkerSession, TrackedAttempt[]>();
    for (const taskId of taskIds) {
      const session = this.#holders.get(taskId);
      const tracked = session?.held.get(taskId);
      if (!session || !tracked) continue;
      overdue.set(session, [...(overdue.get(session) ?? []), tracked]);
    }
    for (const [session, attempts] of overdue) {
      this.#expireOf(session, attempts).catch((error: unknown) => {
        this.#parts.log.error({ error, worker: session.id }, 'expiries could not be settled');
      });
    }
  }

  async #expireOf(session: WorkerSession, attempts: TrackedAttempt[]): Promise<void> {
    const stopRequestedAgoMs = this.#parts.lifetimes.confirmPatienceMs;
    const ending = { outcome: 'expired', stopReason: 'ttl', stopRequestedAgoMs } as const;
    const accepted = await Promise.all(
      attempts.map((tracked) => {
        const { taskId, attempt } = tracked;
        session.queue((frame) => frame.stops.push({ taskId, attempt, reason: 'ttl', graceMs: 0 }));
        return this.#settle(tracked, ending);
      }),
    );
    for (const [index, tracked] of attempts.entries()) {
      if (accepted[index]) this.#forget(session, tracked);
    }
    const refused = attempts.filter((_, index) => !accepted[index]);
    if (refused.length > 0) await this.#readAnew(session, refused);
  }

  /** The worker may have left for another server, where an attempt ended or got another deadline. */
  async #readAnew(session: WorkerSession, refused: TrackedAttempt[]): Promise<void> {
    const held = await this.#parts.store.listHeld(session.id);
    for (const tracked of refused) {
      const { taskId, attempt } = tracked;
      if (this.#holders.get(taskId)?.held.get(taskId) !== tracked) continue;
      const found = held.find((item) => item.taskId === taskId && item.attempt === attempt);
      if (found) this.track(session, found);
      else this.#forget(session, tracked);
    }
  }
}
