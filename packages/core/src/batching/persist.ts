import { MayflyError, sleep, type Clock } from '@mayfly/contracts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Repeats `work` while the database is away. For what must not be given up: ends of attempts and
 * output that a worker waits to have stored.
 *
 * @throws what `work` throws for any other reason, and the reason of `signal` when it aborts
 */
export async function persist<Result>(
  work: () => Promise<Result>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Result> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MayflyError && error.code === 'store.unavailable')) throw error;
      await sleep(clock, pauseMs, signal);
    }
  }
}
