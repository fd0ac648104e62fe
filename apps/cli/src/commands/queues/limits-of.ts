import type { QueueView, RateLimit } from '@mayfly/client';
import { formatDuration } from '@mayfly/contracts';

/** `20 at once, 100 in 1m 0s, 2 at once a key`. */
export function limitsOf(queue: QueueView): string {
  const { concurrency, rateLimit, keyConcurrency, keyRateLimit } = queue;
  return [
    concurrency === null ? '' : `${concurrency} at once`,
    rateOf(rateLimit),
    keyConcurrency === null ? '' : `${keyConcurrency} at once a key`,
    keyRateLimit === null ? '' : `${rateOf(keyRateLimit)} a key`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function rateOf(limit: RateLimit | null): string {
  return limit === null ? '' : `${limit.count} in ${formatDuration(limit.perMs)}`;
}
