import type { KillReason } from './isolation.ts';

/** Cleans up; it has until the hard stop, `graceMs` after the soft one. */
export type CleanUp = (reason: KillReason) => void | Promise<void>;

/** The soft stop of one attempt, as its handler sees it: a signal, and clean-up that runs then. */
export class StopHooks {
  readonly #abort = new AbortController();
  readonly #onFailure: (error: unknown) => void;
  readonly #waiting: CleanUp[] = [];
  readonly #running: Promise<void>[] = [];
  #reason: KillReason | undefined;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** One that comes after the stop runs at once. */
  add(cleanUp: CleanUp): void {
    if (this.#reason === undefined) this.#waiting.push(cleanUp);
    else this.#run(cleanUp, this.#reason);
  }

  stop(reason: KillReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#abort.abort(new DOMException(`The attempt is to stop: ${reason}.`, 'AbortError'));
    // As with `defer`: what was set up last is taken down first.
    for (const cleanUp of this.#waiting.splice(0).toReversed()) this.#run(cleanUp, reason);
  }

  /** Resolves when all clean-up that has begun is over. */
  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  #run(cleanUp: CleanUp, reason: KillReason): void {
    const work = (async () => cleanUp(reason))();
    this.#running.push(work.catch(this.#onFailure));
  }
}
