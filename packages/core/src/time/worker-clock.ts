/**
 * Monotonic clocks of two machines drift apart by less than this, as a share of the time that has
 * passed, also while both are being corrected (NTP slews by at most 0.05 %).
 */
const DRIFT_MAX = 0.001;

/**
 * How the monotonic clock of a worker stands to ours, as far as its frames tell.
 *
 * Each frame says when it was made. It came in later than that, so the worker's clock is ahead of
 * ours by at least the difference: the frame that was fastest tells it best. What we then say on the
 * worker's clock is never later than we mean, and earlier only by the way of that frame. So an
 * assignment that is long under way ends in time, which a duration alone cannot bring about.
 */
export class WorkerClock {
  /** At `#heardAt`; less as time passes, for clocks drift. */
  #aheadMs = Number.NEGATIVE_INFINITY;
  #heardAt = 0;

  /** A frame that was made at `madeAt` on the worker's clock came in at `now` on ours. */
  hear(madeAt: number, now: number): void {
    const aheadMs = madeAt - now;
    if (aheadMs < this.#aheadBy(now)) return;
    this.#aheadMs = aheadMs;
    this.#heardAt = now;
  }

  /** A moment of our clock on the worker's, or a little earlier; undefined while nothing is known. */
  tell(at: number, now: number): number | undefined {
    const aheadMs = this.#aheadBy(now);
    return Number.isFinite(aheadMs) ? at + aheadMs : undefined;
  }

  #aheadBy(now: number): number {
    return this.#aheadMs - DRIFT_MAX * (now - this.#heardAt);
  }
}
