/**
 * Time as a dependency. Everything that reads a clock or sets a timer takes a `Clock`, so tests
 * can move time by hand. This module is the only one that touches the system's timers.
 */
export interface Clock {
  /** Wall clock in milliseconds since the epoch. May step; never use it to measure durations. */
  now(): number;
  /** Monotonic clock in milliseconds, with a fraction. Only differences mean anything. */
  monotonic(): number;
  /** Runs `callback` once, `delayMs` from now. Does not keep the process alive by itself. */
  after(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent; does nothing after the callback has run. */
  cancel(): void;
}

/** The longest delay that Node's timers take; a longer one fires at once instead. */
const MAX_TIMER_DELAY_MS = 2 ** 31 - 1;

/* oxlint-disable no-restricted-globals, no-restricted-properties -- the one place that may */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, MAX_TIMER_DELAY_MS);
      const fire = leftMs > stepMs ? () => arm(leftMs - stepMs) : callback;
      handle = setTimeout(fire, stepMs).unref();
    };
    arm(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};
/* oxlint-enable no-restricted-globals, no-restricted-properties */

const HOUR_MS = 3_600_000;
const STEP_EVERY_MS = 700;
const STEPS_MS = [0, HOUR_MS, 0, -HOUR_MS];

/** For tests: a clock whose wall time steps by an hour, ahead and back, all the time. */
export function steppingClock(clock: Clock): Clock {
  const stepMs = (): number =>
    STEPS_MS[Math.floor(clock.monotonic() / STEP_EVERY_MS) % STEPS_MS.length] ?? 0;
  return {
    now: () => clock.now() + stepMs(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}

/** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
