/** How long an attempt may wait in the worker for a free place. */
const AHEAD_MS = 10;
const PREFETCH_MAX = 500;

/** Long attempts count at once, short ones have to prove themselves, from the first one on. */
const ASSUMED_MS = 1000;
const SMOOTHING_UP = 0.5;
const SMOOTHING_DOWN = 0.1;

/** Nothing has come for this many of the usual times between two arrivals: nothing more waits. */
const QUIET_GAPS = 3;
const QUIET_MS_MIN = 20;
const QUIET_MS_MAX = 200;
const GAP_SMOOTHING = 0.2;

/**
 * How many attempts to have at hand beyond the free places, so that short tasks do not wait for a
 * round trip each: by Little's law as many as the places get done in `AHEAD_MS`. So long tasks make
 * it zero, and none waits here while another worker is idle. Only while more tasks wait at the
 * server than the worker has asked for: a quiet worker asks for what it can start at once.
 */
export class PrefetchGauge {
  #averageMs = ASSUMED_MS;
  #open = false;
  /** The last arrival, when more was to come. */
  #moreSince: number | undefined;
  #gapMs = 0;

  record(durationMs: number): void {
    const smoothing = durationMs > this.#averageMs ? SMOOTHING_UP : SMOOTHING_DOWN;
    this.#averageMs += smoothing * (durationMs - this.#averageMs);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** For how long nothing has to come before it is taken for the end. */
  get quietMs(): number {
    return Math.min(QUIET_MS_MAX, Math.max(QUIET_MS_MIN, QUIET_GAPS * this.#gapMs));
  }

  /** @param moreWaiting the server had more than this worker has asked for */
  arrived(at: number, moreWaiting: boolean): void {
    const gapMs = at - (this.#moreSince ?? Number.NEGATIVE_INFINITY);
    if (gapMs <= QUIET_MS_MAX) this.#gapMs += GAP_SMOOTHING * (gapMs - this.#gapMs);
    this.#moreSince = moreWaiting ? at : undefined;
    this.#open = moreWaiting;
  }

  /** Nothing more waits, or what came had to wait here. */
  close(): void {
    this.#open = false;
  }

  /** @param places attempts that run at one time */
  prefetch(places: number): number {
    if (!this.#open) return 0;
    const ahead = Math.floor((places * AHEAD_MS) / Math.max(this.#averageMs, 0.001));
    return Math.min(PREFETCH_MAX, ahead);
  }
}
