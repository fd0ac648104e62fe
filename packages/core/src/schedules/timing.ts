import type { FieldError } from '@mayfly/contracts';
import { Cron } from 'croner';

/** When a schedule fires: a cron expression in a time zone, or an interval. */
export type Timing =
  | { kind: 'cron'; cron: string; timeZone: string }
  | { kind: 'every'; everyMs: number; anchorAt: Date };

/**
 * Daylight saving: an expression with fixed hours fires once on every day, at the first minute after
 * the gap where its time does not exist, and at the first of two equal times. One with a wildcard or
 * a step follows the elapsed time.
 */
function open(cron: string, timeZone: string): Cron {
  return new Cron(cron, {
    timezone: timeZone,
    paused: true,
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  });
}

/** Faults of a cron expression and its time zone, with pointers into a schedule. */
export function findTimingFaults(cron: string, timeZone: string, now: Date): FieldError[] {
  if (!isTimeZone(timeZone))
    return [{ pointer: '/timeZone', detail: 'must be an IANA time zone such as Europe/Berlin' }];
  try {
    if (open(cron, timeZone).nextRun(now)) return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    return [
      { pointer: '/cron', detail: `must be a cron expression such as 0 3 * * 1-5 (${reason})` },
    ];
  }
  return [{ pointer: '/cron', detail: 'must come due some day; this date does not exist' }];
}

function isTimeZone(timeZone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone }) !== undefined;
  } catch {
    return false;
  }
}

/** The first `count` slots after an instant; fewer when there are no more. */
export function slotsAfter(timing: Timing, after: Date, count: number): Date[] {
  if (timing.kind === 'cron') return open(timing.cron, timing.timeZone).nextRuns(count, after);
  const { everyMs, anchorAt } = timing;
  const passed = Math.floor((after.getTime() - anchorAt.getTime()) / everyMs);
  const first = Math.max(1, passed + 1);
  return Array.from(
    { length: count },
    (_, index) => new Date(anchorAt.getTime() + (first + index) * everyMs),
  );
}

/** The last slots between two instants, both included, in order; at most `most`. */
export function slotsBetween(timing: Timing, from: Date, until: Date, most: number): Date[] {
  if (timing.kind === 'cron') {
    return open(timing.cron, timing.timeZone)
      .previousRuns(most, new Date(until.getTime() + 1))
      .filter((slot) => slot >= from)
      .toReversed();
  }
  const { everyMs, anchorAt } = timing;
  const last = Math.floor((until.getTime() - anchorAt.getTime()) / everyMs);
  const first = Math.max(
    1,
    Math.ceil((from.getTime() - anchorAt.getTime()) / everyMs),
    last - most + 1,
  );
  const length = Math.max(0, last - first + 1);
  return Array.from({ length }, (_, n) => new Date(anchorAt.getTime() + (first + n) * everyMs));
}
