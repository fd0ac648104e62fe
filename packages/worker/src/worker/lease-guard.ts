import type { Clock, Timer } from '@mayfly/contracts';

/**
 * The worker's side of the lease. Without a confirmed renewal it must have stopped everything
 * before the server may hand its tasks on, so it counts from when a heartbeat was *sent*, on the
 * monotonic clock, and fences itself a margin before the lease is over.
 */
export class LeaseGuard {
  readonly #clock: Clock;
  readonly #onFence: () => void;
  readonly #sentAt = new Map<number, number>();
  #heartbeats = 0;
  #leaseMs = 0;
  #timer: Timer | undefined;

  /** `onFence` runs when the lease is as good as lost. */
  constructor(clock: Clock, onFence: () => void) {
    this.#clock = clock;
    this.#onFence = onFence;
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
    this.#sentAt.clear();
  }

  #extend(sentAt: number): void {
    const fenceAt = sentAt + this.#leaseMs * (1 - MARGIN_SHARE);
    this.#timer?.cancel();
    this.#timer = this.#clock.after(fenceAt - this.#clock.monotonic(), () => {
      this.stop();
      this.#onFence();
    });
  }
}

/** Share of the lease that is kept for killing what runs. */
const MARGIN_SHARE = 0.2;
