import type { Clock, Log } from '@mayfly/contracts';
import type { RunningTask } from '../ports/control-store.ts';
import type { FiringResult, ScheduleStore, StoredSchedule } from '../ports/schedule-store.ts';
import { planSlots } from '../schedules/plan-slots.ts';
import { taskOf } from '../schedules/schedule-service.ts';
import type { Preparer } from '../submission/prepare.ts';
import type { NewTask } from '../task/new-task.ts';
import { DueQueue } from '../time/due-queue.ts';

interface Parts {
  store: ScheduleStore;
  preparer: Preparer;
  clock: Clock;
  log: Log;
  events: ScheduleEvents;
}

export interface ScheduleEvents {
  /** The task of a slot was stored. */
  onStored(tasks: NewTask[], createdAt: Date): void;
  /** Earlier tasks of the schedule were told to stop. */
  onStopping(tasks: RunningTask[]): void;
  /** Tasks were cancelled while they waited, or tied to others. */
  onMoved(taskIds: string[]): void;
}

const HORIZON_MS = 10_000;
const LOAD_MAX = 10_000;

/**
 * Fires schedules when their slots come; for the keeper that leads. A slot is fired by moving the
 * schedule on and storing the task in one transaction, so whoever is late, crashes or leads by
 * mistake neither doubles a slot nor skips it.
 */
export class ScheduleClock {
  readonly #parts: Parts;
  readonly #due: DueQueue<string>;
  readonly #firing = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#due = new DueQueue(parts.clock, (ids) => {
      for (const id of ids) void this.#fire(id);
    });
  }

  /** Takes in what is due soon. */
  async load(): Promise<void> {
    const now = this.#parts.clock.monotonic();
    for (const { id, inMs } of await this.#parts.store.listDue(HORIZON_MS, LOAD_MAX)) {
      // A millisecond later than due, lest rounding makes us ask the database too early.
      if (!this.#firing.has(id)) this.#due.set(id, now + Math.max(0, inMs) + 1);
    }
  }

  clear(): void {
    this.#due.clear();
  }

  async #fire(id: string): Promise<void> {
    if (this.#firing.has(id)) return;
    this.#firing.add(id);
    try {
      const found = await this.#parts.store.getDue(id);
      if (found) await this.#fireSlots(found.schedule, found.now, this.#parts.clock.monotonic());
    } catch (error) {
      // It stays due: the next round of the keeper tries again.
      this.#parts.log.warn({ error, schedule: id }, 'a schedule could not be fired');
    } finally {
      this.#firing.delete(id);
    }
  }

  async #fireSlots(schedule: StoredSchedule, now: Date, readAt: number): Promise<void> {
    if (schedule.nextAt === null) return;
    const plan = planSlots({ ...schedule, dueAt: schedule.nextAt, now });
    let expected = schedule.nextAt;
    for (const [index, slot] of plan.fire.entries()) {
      const next = plan.fire[index + 1] ?? plan.next;
      const task = taskOf(schedule, this.#parts.preparer);
      const result = await this.#parts.store.fire({ schedule, expected, slot, next, task });
      if (result.kind === 'taken') return;
      this.#announce(task, result);
      if (next === null) return;
      expected = next;
    }
    if (plan.fire.length === 0) {
      await this.#parts.store.pass({ schedule, expected, next: plan.next });
    }
    const inMs = plan.next ? plan.next.getTime() - now.getTime() : Number.POSITIVE_INFINITY;
    if (inMs <= HORIZON_MS) this.#due.set(schedule.id, readAt + inMs + 1);
  }

  #announce(task: NewTask, result: FiringResult): void {
    if (result.kind !== 'fired') return;
    const { events } = this.#parts;
    if (!result.waits) events.onStored([task], result.createdAt);
    if (result.stopping.length > 0) events.onStopping(result.stopping);
    const moved = result.waits ? [...result.cancelled, task.id] : result.cancelled;
    if (moved.length > 0) events.onMoved(moved);
  }
}
