import { sleep, type Clock } from '@mayfly/contracts';

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** Repeats `step` with growing pauses until it is true. False when `patienceMs` went by first. */
export async function retryUntil(
  clock: Clock,
  patienceMs: number,
  step: () => boolean,
): Promise<boolean> {
  const deadline = clock.monotonic() + patienceMs;
  let pauseMs = FIRST_PAUSE_MS;
  while (!step()) {
    if (clock.monotonic() >= deadline) return false;
    await sleep(clock, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  return true;
}
