import type { RetryPolicy } from '@mayfly/contracts';

/**
 * Delay before the next attempt, in milliseconds.
 *
 * @param failures failed attempts so far, at least 1
 * @param random in [0, 1); takes away up to the share `jitter` of the delay, so that tasks which
 *   failed together do not come back together, and the delay is never longer than announced
 */
export function backoffMs(policy: RetryPolicy, failures: number, random: () => number): number {
  const factor = policy.backoff === 'exponential' ? 2 ** Math.min(failures - 1, 52) : 1;
  const delayMs = Math.min(policy.delayMs * factor, policy.maxDelayMs);
  return Math.round(delayMs * (1 - policy.jitter * random()));
}
