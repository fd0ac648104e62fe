import type { Rates } from '@mayfly/contracts';
import type { DayTally, TallySample } from '../ports/queue-store.ts';

const KINDS = ['submitted', 'started', 'finished'] as const;

/**
 * What came to pass between two samples, a second. Pure.
 *
 * @param queue undefined for all of them
 */
export function ratesBetween(
  early: TallySample,
  late: TallySample,
  queue: string | undefined,
): Rates | null {
  const overMs = late.atMs - early.atMs;
  if (overMs <= 0) return null;
  const before = new Map(early.tallies.map((tally) => [nameOf(tally), tally]));
  const sums = { submitted: 0, started: 0, finished: 0 };
  for (const tally of late.tallies) {
    if (queue !== undefined && tally.queue !== queue) continue;
    // Day by day: what the later sample does not look back to any more must not count against it.
    const earlier = before.get(nameOf(tally));
    for (const kind of KINDS) sums[kind] += tally[kind] - (earlier?.[kind] ?? 0);
  }
  const aSecond = (count: number): number => Math.max(0, (count * 1000) / overMs);
  return {
    submitted: aSecond(sums.submitted),
    started: aSecond(sums.started),
    finished: aSecond(sums.finished),
    overMs: Math.round(overMs),
  };
}

function nameOf({ queue, day }: DayTally): string {
  return `${day} ${queue}`;
}
