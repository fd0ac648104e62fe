import type { Clock, Log, TaskStatus } from '@mayfly/contracts';
import { Coalescer } from '../batching/coalescer.ts';
import { mayIsolate } from '../batching/may-isolate.ts';
import { persist } from '../batching/persist.ts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { DispatchStore, LateReport, Settlement } from '../ports/dispatch-store.ts';
import type { HeldAttempt } from '../task/attempt.ts';
import { certainDeathMs, type Lifetimes } from './lifetimes.ts';
import { isCompletion, makeSettlement, type AttemptEnding } from './settlement.ts';

const FLUSH_MAX = 1000;
const FLUSHES_IN_FLIGHT = 2;

interface SettlerEvents {
  /** An attempt in this lane has ended. */
  onEnded(laneId: number): void;
  /** Tasks wait again. */
  onReady(laneIds: Iterable<number>): void;
  /** A task waits for its back-off. */
  onScheduled(taskId: string, inMs: number): void;
}

interface Parts {
  store: DispatchStore;
  lanes: LaneCatalog;
  feed: TaskFeed;
  clock: Clock;
  log: Log;
  random: () => number;
  lifetimes: Lifetimes;
  events: SettlerEvents;
}

/** The one way out of `running`: reports, expiries and losses all end here, in batches. */
export class Settler {
  readonly #parts: Parts;
  readonly #closing = new AbortController();
  /** Apart, because the store does a batch of nothing else in much less time. */
  readonly #completions: Coalescer<Settlement, boolean>;
  readonly #settlements: Coalescer<Since<Settlement>, boolean>;
  readonly #late: Coalescer<Since<LateReport>, boolean>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { clock } = parts;
    const insist = { clock, signal: this.#closing.signal };
    const bounds = { maxWeight: FLUSH_MAX, maxInFlight: FLUSHES_IN_FLIGHT, mayIsolate };
    const settle = (items: Settlement[]): Promise<boolean[]> =>
      persist(() => parts.store.settle(items), insist);
    this.#completions = new Coalescer({ ...bounds, flush: settle });
    this.#settlements = new Coalescer({
      ...bounds,
      flush: (items) => persist(() => parts.store.settle(aged(items, clock)), insist),
    });
    this.#late = new Coalescer({
      ...bounds,
      flush: (items) => persist(() => parts.store.recordLate(aged(items, clock)), insist),
    });
  }

  /** Gives up what still waits for a database that is away. */
  close(): void {
    this.#closing.abort(new Error('the server closes'));
  }

  /**
   * Ends an attempt.
   *
   * @returns false when the attempt had ended before, or when its result came after the deadline
   */
  async settle(held: HeldAttempt, ending: AttemptEnding): Promise<boolean> {
    const settlement = this.#settlementOf(held, ending);
    const accepted = await this.#end(settlement, held);
    if (accepted) return true;
    const isResult = settlement.outcome === 'completed' || settlement.outcome === 'failed';
    if (isResult && (await this.#expireLate(held))) return false;
    return this.recordLate({ ...settlement });
  }

  /** Notes a report for an attempt that is over. @returns true when it repeats what is recorded */
  recordLate(report: LateReport): Promise<boolean> {
    return this.#late.add(this.#since(report));
  }

  /** The result came after the deadline and before anybody had recorded the expiry. */
  async #expireLate(held: HeldAttempt): Promise<boolean> {
    const ending: AttemptEnding = {
      outcome: 'expired',
      stopReason: 'ttl',
      stopRequestedAgoMs: 0,
      stopConfirmedAgoMs: 0,
      lateResult: true,
    };
    return this.#end(this.#settlementOf(held, ending), held);
  }

  async #end(settlement: Settlement, held: HeldAttempt): Promise<boolean> {
    let accepted: boolean;
    try {
      accepted = isCompletion(settlement)
        ? await this.#completions.add(settlement)
        : await this.#settlements.add(this.#since(settlement));
    } catch (error) {
      if (settlement.errorCode === 'attempt.invalid_result') throw error;
      this.#parts.log.warn({ error, taskId: held.taskId }, 'a result could not be stored');
      return this.#end(this.#settlementOf(held, UNSTORABLE), held);
    }
    if (accepted) this.#announce(settlement, held);
    return accepted;
  }

  #since<Item>(item: Item): Since<Item> {
    return { item, since: this.#parts.clock.monotonic() };
  }

  #settlementOf(held: HeldAttempt, ending: AttemptEnding): Settlement {
    const { random, lifetimes } = this.#parts;
    return makeSettlement(held, ending, { random, certainDeathMs: certainDeathMs(lifetimes) });
  }

  #announce(settlement: Settlement, held: HeldAttempt): void {
    const { events, feed, lanes, clock } = this.#parts;
    events.onEnded(held.laneId);
    if (settlement.status === null && settlement.delayMs > 0) {
      events.onScheduled(settlement.taskId, settlement.delayMs);
    } else if (settlement.status === null) {
      events.onReady([held.laneId]);
    }
    feed.publish([settlement], () => ({
      id: settlement.taskId,
      type: lanes.get(held.laneId).type,
      queue: lanes.get(held.laneId).queue,
      status: statusAfter(settlement),
      attempt: settlement.attempt,
      progress: null,
      at: new Date(clock.now()).toISOString(),
    }));
  }
}

/** Something that came here at that moment of the monotonic clock. */
interface Since<Item> {
  item: Item;
  since: number;
}

/** What lay some time back when it came here lies further back when the store is told. */
function aged<Item extends Pick<LateReport, 'stopConfirmedAgoMs'> & Partial<Settlement>>(
  items: Since<Item>[],
  clock: Clock,
): Item[] {
  const now = clock.monotonic();
  return items.map(({ item, since }) => {
    const { stopConfirmedAgoMs: confirmed, stopRequestedAgoMs: requested } = item;
    return {
      ...item,
      stopConfirmedAgoMs: confirmed === null ? null : confirmed + now - since,
      ...(typeof requested === 'number' ? { stopRequestedAgoMs: requested + now - since } : {}),
    };
  });
}

function statusAfter(settlement: Settlement): TaskStatus {
  return settlement.status ?? (settlement.delayMs > 0 ? 'scheduled' : 'pending');
}

/** The database refused what the worker sent; the task must end all the same. */
const UNSTORABLE: AttemptEnding = {
  outcome: 'failed',
  errorCode: 'attempt.invalid_result',
  errorMessage: 'The worker sent a result that cannot be stored as JSON text.',
};
