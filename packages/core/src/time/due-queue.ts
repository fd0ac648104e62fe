import type { Clock, Timer } from '@mayfly/contracts';

interface Entry<Key> {
  key: Key;
  dueAt: number;
}

/**
 * Many due times, one timer: a binary heap over monotonic milliseconds. Setting a key again moves
 * it; entries that were moved or removed stay in the heap until they surface (lazy deletion).
 */
export class DueQueue<Key> {
  readonly #clock: Clock;
  readonly #onDue: (keys: Key[]) => void;
  readonly #dueAt = new Map<Key, number>();
  #heap: Entry<Key>[] = [];
  #timer: Timer | undefined;
  #timerDueAt = Number.POSITIVE_INFINITY;

  /** `onDue` gets every key that is due at one wake-up; they are no longer in the queue then. */
  constructor(clock: Clock, onDue: (keys: Key[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  /** The due time of a key on the monotonic scale, or undefined. */
  get(key: Key): number | undefined {
    return this.#dueAt.get(key);
  }

  /** @param dueAt on the clock's monotonic scale */
  set(key: Key, dueAt: number): void {
    if (this.#dueAt.get(key) === dueAt) return;
    this.#dueAt.set(key, dueAt);
    this.#push({ key, dueAt });
    this.#arm();
  }

  delete(key: Key): void {
    this.#dueAt.delete(key);
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#dueAt.size) this.#rebuild();
  }

  clear(): void {
    this.#dueAt.clear();
    this.#heap = [];
    this.#timer?.cancel();
    this.#timerDueAt = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const next = this.#heap[0];
    if (!next || next.dueAt >= this.#timerDueAt) return;
    this.#timer?.cancel();
    this.#timerDueAt = next.dueAt;
    this.#timer = this.#clock.after(next.dueAt - this.#clock.monotonic(), () => this.#wake());
  }

  #wake(): void {
    this.#timerDueAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    const due: Key[] = [];
    for (let next = this.#heap[0]; next && next.dueAt <= now; next = this.#heap[0]) {
      this.#pop();
      if (this.#dueAt.get(next.key) !== next.dueAt) continue;
      this.#dueAt.delete(next.key);
      due.push(next.key);
    }
    this.#arm();
    if (due.length > 0) this.#onDue(due);
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [key, dueAt] of this.#dueAt) this.#push({ key, dueAt });
  }

  #push(entry: Entry<Key>): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Entry<Key>;
      if (parent.dueAt <= entry.dueAt) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const left = heap[below];
      if (!left) break;
      const right = heap[below + 1];
      const child = right && right.dueAt < left.dueAt ? right : left;
      if (child === right) below++;
      if (child.dueAt >= last.dueAt) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}
