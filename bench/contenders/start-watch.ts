/** Sees tasks start whose handlers run in this process. */
export class StartWatch {
  #started = 0;
  #number = 0;
  #awaited: { count: number; resolve: () => void } | undefined;
  readonly #probes = new Map<number, () => void>();

  /** For the handler to call. */
  see(number: number): void {
    this.#started++;
    if (number > 0) this.#probes.get(number)?.();
    if (this.#awaited && this.#started >= this.#awaited.count) this.#awaited.resolve();
  }

  untilStarted(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { count, resolve };
    if (this.#started >= count) resolve();
    return promise;
  }

  /** @returns milliseconds from the call of `submit` to the start of the task */
  async probe(submit: (number: number) => Promise<void>): Promise<number> {
    const number = ++this.#number;
    const { promise, resolve } = Promise.withResolvers<number>();
    const from = performance.now();
    this.#probes.set(number, () => resolve(performance.now() - from));
    await submit(number);
    const tookMs = await promise;
    this.#probes.delete(number);
    return tookMs;
  }
}

/** Asks again and again, with a pause that costs the contender next to nothing. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

const POLL_MS = 10;
