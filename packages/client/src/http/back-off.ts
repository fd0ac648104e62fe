import { sleep, type Clock } from '@mayfly/contracts';

const FIRST_MS = 100;
const LONGEST_MS = 5000;

/** How long to wait before try number `number`, counted from 1: doubling, with jitter. */
export function backOffMs(number: number, retryAfterMs: number): number {
  const delayMs = Math.min(FIRST_MS * 2 ** (number - 1), LONGEST_MS);
  const spreadMs = delayMs * (0.75 + 0.5 * Math.random());
  return Math.min(Math.max(spreadMs, retryAfterMs), LONGEST_MS);
}

/**
 * Waits, and keeps the process alive meanwhile: a clock's timers do not, and a script that awaits a
 * call would end in the middle of it.
 */
export async function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { port1 } = new MessageChannel();
  port1.ref();
  try {
    await sleep(clock, delayMs, signal);
  } finally {
    port1.close();
  }
}
