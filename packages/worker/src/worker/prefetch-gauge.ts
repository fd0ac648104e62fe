/** How long an attempt may wait in the worker for a free place. */
const AHEAD_MS = 10;
const PREFETCH_MAX = 500;

/** Long attempts count at once, short ones have to prove themselves, from the first one on. */
const ASSUMED_MS = 1000;
const SMOOTHING_UP = 0.5;
const SMOOTHING_DOWN = 0.1;

/**
 * How many attempts to have at hand beyond the free places, so that short tasks do not wait for a
 * round trip each: by Little's law as many as the places get done in `AHEAD_MS`. So long tasks make
 * it zero, and none waits here while another worker is idle. Only while more tasks wait at the
 * server than the worker has asked for: a quiet worker asks for what it can start at once.
 */
export class PrefetchGauge {
  #averageMs = ASSUMED_MS;
  #open = false;

  record(durationMs: number): void {
    const smoothing = durationMs > this.#averageMs ? SMOOTHING_UP : SMOOTHING_DOWN;
    this.#averageMs += smoothing * (durationMs - this.#averageMs);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The server has said that more waits. */
  open(): void {
    this.#open = true;
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
