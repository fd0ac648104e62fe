import type { Clock } from '@mayfly/contracts';

/** An abort signal for one request: the caller's, or the end of the time for it. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #limitMs: number;
  #timer: { cancel(): void };
  #passed = false;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#timer = this.#arm();
  }

  /** True: it was the time that ended the request, and not the caller. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Aborts with the first of the two. */
  with(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
  }

  /** Begins the time anew. */
  extend(): void {
    this.#timer.cancel();
    this.#timer = this.#arm();
  }

  /** The request is over; nothing is aborted any more. */
  lift(): void {
    this.#timer.cancel();
  }

  /** Ends the request at once, on our own account. */
  abort(): void {
    this.#timer.cancel();
    this.#controller.abort();
  }

  #arm(): { cancel(): void } {
    return this.#clock.after(this.#limitMs, () => {
      this.#passed = true;
      this.#controller.abort();
    });
  }
}
