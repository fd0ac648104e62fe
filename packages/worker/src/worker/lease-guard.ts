import type { Clock, Timer } from '@mayfly/contracts';

/**
 * The worker's side of the lease. Without a confirmed renewal it must have stopped everything
 * before the server may hand its tasks on, so it counts from when a heartbeat was *sent*, on the
 * monotonic clock, and fences itself a margin before the lease is over.
 */
export class LeaseGuard {
  readonly #clock: Clock;
  readonly #events: LeaseEvents;
  readonly #sentAt = new Map<number, number>();
  #heartbeats = 0;
  #leaseMs = 0;
  #timer: Timer | undefined;
  #lastAt: number | undefined;

  constructor(clock: Clock, events: LeaseEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Time after which nothing of this incarnation may be alive; undefined without a lease. */
  get leftMs(): number | undefined {
    return this.#lastAt === undefined ? undefined : this.#lastAt - this.#clock.monotonic();
  }

  /** @param sentAt when the hello was sent that this welcome answers */
  start(leaseMs: number, sentAt: number): void {
    this.#leaseMs = leaseMs;
    this.#extend(sentAt);
  }

  /** @returns the number of a new heartbeat */
  beat(): number {
    const number = ++this.#heartbeats;
    this.#sentAt.set(number, this.#clock.monotonic());
    return number;
  }

  renewed(heartbeat: number): void {
    const sentAt = this.#sentAt.get(heartbeat);
    if (sentAt === undefined) return;
    for (const number of this.#sentAt.keys()) if (number <= heartbeat) this.#sentAt.delete(number);
    this.#extend(sentAt);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lastAt = undefined;
    this.#sentAt.clear();
  }

  #extend(sentAt: number): void {
    const fenceAt = sentAt + this.#leaseMs * (1 - MARGIN_SHARE);
    this.#timer?.cancel();
    this.#timer = this.#clock.after(fenceAt - this.#clock.monotonic(), () => {
      this.stop();
      this.#events.onFence();
    });
    this.#lastAt = sentAt + this.#leaseMs * (1 - LAST_SHARE);
    this.#events.onExtended();
  }
}

interface LeaseEvents {
  onExtended(): void;
  /** The lease is as good as lost. */
  onFence(): void;
}

/** Share of the lease that is kept for killing what runs. */
const MARGIN_SHARE = 0.2;

/** Share that is kept for the guard, to end a worker that has not managed to do that. */
const LAST_SHARE = 0.1;
