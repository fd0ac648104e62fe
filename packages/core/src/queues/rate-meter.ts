import type { Clock, Log, Rates, Timer } from '@mayfly/contracts';
import type { Store } from '../ports/store.ts';
import type { QueueStore, TallySample } from '../ports/queue-store.ts';
import { ratesBetween } from './rates-between.ts';

const WINDOW_MS = 60_000;
const SAMPLE_MS = 5000;

/** A sample that takes long is taken so much more seldom. */
const SHARE_OF_TIME = 50;

/**
 * How much comes and goes a second, from samples of the tallies that all servers write. Starts are
 * counted in memory and added to the tallies with each sample, so that no claim waits for it.
 */
export class RateMeter {
  readonly #store: QueueStore;
  readonly #clock: Clock;
  readonly #log: Log;
  #samples: TallySample[] = [];
  #starts = new Map<number, number>();
  #timer: Timer | undefined;
  #sampling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ store, clock, log }: { store: Store; clock: Clock; log: Log }) {
    this.#store = store.queues;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#next(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#sampling;
  }

  noteStarts(attempts: { laneId: number }[]): void {
    for (const { laneId } of attempts) {
      this.#starts.set(laneId, (this.#starts.get(laneId) ?? 0) + 1);
    }
  }

  /** Null until there are two samples. @param queue undefined for all of them */
  rates(queue?: string): Rates | null {
    const [early, late] = [this.#samples[0], this.#samples.at(-1)];
    return early && late ? ratesBetween(early, late, queue) : null;
  }

  /** Adds what this server has started to the tallies, and looks at those of all servers. */
  async sample(): Promise<void> {
    await this.#addStarts();
    const sample = await this.#store.sampleTallies();
    const recent = this.#samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS);
    this.#samples = [...recent, sample];
  }

  async #addStarts(): Promise<void> {
    const starts = [...this.#starts].map(([laneId, count]) => ({ laneId, count }));
    if (starts.length === 0) return;
    await this.#store.addStarts(starts);
    for (const { laneId, count } of starts) {
      const left = (this.#starts.get(laneId) ?? 0) - count;
      if (left > 0) this.#starts.set(laneId, left);
      else this.#starts.delete(laneId);
    }
  }

  #next(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => {
      const startedAt = this.#clock.monotonic();
      this.#sampling = this.sample()
        .catch((error: unknown) => this.#log.debug({ error }, 'rates could not be sampled'))
        .finally(() => {
          const tookMs = this.#clock.monotonic() - startedAt;
          if (!this.#closed) this.#next(Math.max(SAMPLE_MS, tookMs * SHARE_OF_TIME));
        });
    });
  }
}
