import type { Clock } from '@mayfly/contracts';

/**
 * One press of Ctrl-C can reach a process twice: from the terminal, and from a parent such as npm
 * that hands it on.
 */
const SAME_PRESS_MS = 100;

/** Signals by which people and service managers end a program. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Listens for the wish to stop: once means in order, twice means at once. */
export class StopSignals {
  readonly #first = Promise.withResolvers<StopSignal>();
  readonly #second = Promise.withResolvers<StopSignal>();
  #lastAt: number | undefined;

  constructor(clock: Clock) {
    const heed = (signal: StopSignal): void => {
      const now = clock.monotonic();
      const isEcho = this.#lastAt !== undefined && now - this.#lastAt < SAME_PRESS_MS;
      const isFirst = this.#lastAt === undefined;
      this.#lastAt = now;
      if (isFirst) this.#first.resolve(signal);
      else if (!isEcho) this.#second.resolve(signal);
    };
    process.on('SIGINT', heed);
    process.on('SIGTERM', heed);
  }

  /** Resolves with the first signal. */
  get first(): Promise<StopSignal> {
    return this.#first.promise;
  }

  /** Resolves with the second one. */
  get second(): Promise<StopSignal> {
    return this.#second.promise;
  }
}
