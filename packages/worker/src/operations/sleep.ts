import { sleep, type Clock, type SleepParams } from '@mayfly/contracts';
import type { HandlerContext } from '../handler/handler.ts';

const PROGRESS_STEPS = 20;
const PROGRESS_EVERY_MS_MIN = 100;

/** Waits in steps and reports the progress, as a long job would. */
export async function runSleep(
  { ms }: SleepParams,
  { signal, progress }: HandlerContext,
  clock: Clock,
): Promise<{ sleptMs: number }> {
  const startedAt = clock.monotonic();
  const stepMs = Math.max(ms / PROGRESS_STEPS, PROGRESS_EVERY_MS_MIN);
  for (;;) {
    const passedMs = clock.monotonic() - startedAt;
    if (passedMs >= ms) return { sleptMs: Math.round(passedMs) };
    if (passedMs > 0) progress((100 * passedMs) / ms);
    await sleep(clock, Math.min(stepMs, ms - passedMs), signal);
  }
}
