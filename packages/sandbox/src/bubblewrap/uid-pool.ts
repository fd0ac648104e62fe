import { MayflyError } from '@mayfly/contracts';

/** User ids for programs when the worker is root: each run has one of its own, lowest first. */
export class UidPool {
  readonly #base: number;
  readonly #count: number;
  readonly #taken = new Set<number>();

  constructor(base: number, count: number) {
    this.#base = base;
    this.#count = count;
  }

  take(): number {
    for (let uid = this.#base; uid < this.#base + this.#count; uid += 1) {
      if (this.#taken.has(uid)) continue;
      this.#taken.add(uid);
      return uid;
    }
    throw new MayflyError(
      'sandbox.failed',
      `All ${this.#count} user ids of the sandbox are in use: run fewer programs at a time.`,
    );
  }

  /** True for any id of the pool, taken or not. */
  has(uid: number): boolean {
    return uid >= this.#base && uid < this.#base + this.#count;
  }

  release(uid: number): void {
    this.#taken.delete(uid);
  }
}
