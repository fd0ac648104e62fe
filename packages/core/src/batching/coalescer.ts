interface Waiting<Item, Result> {
  item: Item;
  weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export interface CoalescerOptions<Item, Result> {
  /** Handles a batch and answers in its order. */
  flush(items: Item[]): Promise<Result[]>;
  /** Most weight in one flush; a single heavier item still goes, alone. */
  maxWeight: number;
  /** Flushes under way at one time. */
  maxInFlight: number;
  weigh?(item: Item): number;
  /** True when one item may be to blame, so that the others deserve a flush of their own. */
  mayIsolate(error: unknown): boolean;
  /** Told when everything that was added has been flushed. */
  onIdle?(): void;
}

/**
 * Gathers what arrives while earlier flushes are under way. No timer: an item that comes to an idle
 * coalescer is flushed at once, and under load the batch grows by itself to what one flush takes
 * (group commit, as PostgreSQL does for its log).
 *
 * When a batch of several fails and `mayIsolate` allows it, each of its items is flushed once more
 * alone, so that one bad item cannot fail its neighbours. A flush must therefore be all or nothing.
 */
export class Coalescer<Item, Result> {
  readonly #options: CoalescerOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #inFlight = 0;
  #armed = false;

  constructor(options: CoalescerOptions<Item, Result>) {
    this.#options = options;
  }

  /** Items that wait or are being flushed. */
  get size(): number {
    return this.#waiting.length + this.#inFlight;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const weight = this.#options.weigh?.(item) ?? 1;
      this.#waiting.push({ item, weight, resolve, reject });
      this.#arm();
    });
  }

  /** Waits for the end of the current turn, so that what is added together goes together. */
  #arm(): void {
    if (this.#armed || this.#inFlight >= this.#options.maxInFlight) return;
    this.#armed = true;
    queueMicrotask(() => {
      this.#armed = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight) {
      const batch = this.#take();
      this.#inFlight++;
      void this.#run(batch).finally(() => {
        this.#inFlight--;
        if (this.#waiting.length > 0) this.#arm();
        else if (this.#inFlight === 0) this.#options.onIdle?.();
      });
    }
  }

  #take(): Waiting<Item, Result>[] {
    let weight = 0;
    let count = 0;
    for (const entry of this.#waiting) {
      if (count > 0 && weight + entry.weight > this.#options.maxWeight) break;
      weight += entry.weight;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #run(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.flush(batch.map((entry) => entry.item));
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result);
    } catch (error) {
      if (batch.length > 1 && this.#options.mayIsolate(error)) {
        for (const entry of batch) await this.#run([entry]);
      } else {
        for (const entry of batch) entry.reject(error);
      }
    }
  }
}
