import { describe, expect, it } from 'vitest';
import { planSlots } from '../src/schedules/plan-slots.ts';
import {
  findTimingFaults,
  slotsAfter,
  slotsBetween,
  type Timing,
} from '../src/schedules/timing.ts';

const berlin = (cron: string): Timing => ({ kind: 'cron', cron, timeZone: 'Europe/Berlin' });
const texts = (slots: Date[]): string[] => slots.map((slot) => slot.toISOString());

function after(cron: string, from: string, count: number): string[] {
  return texts(slotsAfter(berlin(cron), new Date(from), count));
}

// Europe/Berlin: on 2026-03-29 the clock goes from 02:00 to 03:00, at 01:00 UTC. On 2026-10-25 it
// goes from 03:00 back to 02:00, at 01:00 UTC.
describe('daylight saving', () => {
  it('fires a fixed time that the spring gap swallows once, right after the gap', () => {
    expect(after('30 2 * * *', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('fires a fixed time that autumn has twice only once', () => {
    const once = ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'];
    expect(after('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual(once);
    expect(after('30 2,14 * * *', '2026-10-24T22:00:00Z', 3)).toEqual([
      once[0],
      '2026-10-25T13:30:00.000Z',
      once[1],
    ]);
  });

  it('follows the elapsed time where the expression has a step or a wildcard', () => {
    expect(after('*/30 * * * *', '2026-03-29T00:00:00Z', 3)).toEqual([
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
    expect(after('0 * * * *', '2026-10-24T23:30:00Z', 3)).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
  });

  it.each(['30 2 * * *', '0 * * * *', '*/7 1-4 * * *', '15 2,3 * * *'])(
    'finds the same slots of %s backwards as forwards',
    (cron) => {
      for (const day of ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z']) {
        const from = new Date(day);
        const until = new Date(from.getTime() + 2 * 86_400_000);
        const forwards = slotsAfter(berlin(cron), from, 100).filter((slot) => slot <= until);
        const first = new Date(from.getTime() + 1);
        expect(texts(slotsBetween(berlin(cron), first, until, 100))).toEqual(texts(forwards));
      }
    },
  );
});

describe('slots of an interval', () => {
  const timing: Timing = {
    kind: 'every',
    everyMs: 1000,
    anchorAt: new Date('2026-01-01T00:00:00.500Z'),
  };

  it('are counted from its anchor, which is none itself', () => {
    expect(texts(slotsAfter(timing, timing.anchorAt, 2))).toEqual([
      '2026-01-01T00:00:01.500Z',
      '2026-01-01T00:00:02.500Z',
    ]);
    expect(texts(slotsAfter(timing, new Date('2025-01-01'), 1))).toEqual([
      '2026-01-01T00:00:01.500Z',
    ]);
  });

  it('between two instants have both ends, and a bound', () => {
    const from = new Date('2026-01-01T00:00:01.500Z');
    const until = new Date('2026-01-01T00:00:09.500Z');
    expect(slotsBetween(timing, from, until, 100)).toHaveLength(9);
    expect(texts(slotsBetween(timing, from, until, 2))).toEqual([
      '2026-01-01T00:00:08.500Z',
      '2026-01-01T00:00:09.500Z',
    ]);
    expect(slotsBetween(timing, new Date('2020-01-01'), new Date('2020-01-02'), 5)).toEqual([]);
  });
});

describe('catching up', () => {
  const hourly: Timing = { kind: 'cron', cron: '0 * * * *', timeZone: 'UTC' };
  const dueAt = new Date('2026-01-01T01:00:00Z');
  const plan = (catchUp: 'skip' | 'last' | 'all', now: string, catchUpMax = 100) => {
    const { fire, next } = planSlots({
      timing: hourly,
      catchUp,
      catchUpMax,
      dueAt,
      now: new Date(now),
    });
    return { hours: fire.map((slot) => slot.getUTCHours()), next: next?.toISOString() };
  };

  it.each(['skip', 'last', 'all'] as const)('with %s fires what is only late', (catchUp) => {
    for (const now of ['2026-01-01T01:00:00Z', '2026-01-01T01:00:30Z']) {
      expect(plan(catchUp, now)).toEqual({ hours: [1], next: '2026-01-01T02:00:00.000Z' });
    }
  });

  it('leaves out, fires the last, or fires all of what was missed', () => {
    const now = '2026-01-01T05:30:00Z';
    const next = '2026-01-01T06:00:00.000Z';
    expect(plan('skip', now)).toEqual({ hours: [], next });
    expect(plan('last', now)).toEqual({ hours: [5], next });
    expect(plan('all', now)).toEqual({ hours: [1, 2, 3, 4, 5], next });
    expect(plan('all', now, 2)).toEqual({ hours: [4, 5], next });
  });

  it('lets a slot that is due stand for the last missed one', () => {
    const now = '2026-01-01T05:00:10Z';
    expect(plan('last', now).hours).toEqual([5]);
    expect(plan('skip', now).hours).toEqual([5]);
    expect(plan('all', now, 1).hours).toEqual([4, 5]);
  });

  it('never takes a slot before the one that is due', () => {
    expect(plan('all', '2026-01-01T00:59:59Z').hours).toEqual([]);
  });

  it('is bounded after years', () => {
    const every: Timing = { kind: 'every', everyMs: 1000, anchorAt: new Date('2020-01-01') };
    const now = new Date('2026-01-01T00:00:00Z');
    const { fire } = planSlots({
      timing: every,
      catchUp: 'all',
      catchUpMax: 100,
      dueAt: new Date('2020-01-01T00:00:01Z'),
      now,
    });
    expect(fire).toHaveLength(131);
    expect(fire.at(-1)).toEqual(now);
  });
});

describe('faults of a cron expression', () => {
  const faults = (cron: string, timeZone = 'UTC') =>
    findTimingFaults(cron, timeZone, new Date('2026-01-01')).map(({ pointer }) => pointer);

  it.each(['* * * * *', '*/5 * * * * *', '0 3 * * 1-5', '0 0 29 2 *', '0 12 L * *'])(
    'are none for %s',
    (cron) => expect(faults(cron, 'Europe/Berlin')).toEqual([]),
  );

  it.each(['* * *', '61 * * * *', 'every day', '* * * * * * *', '0 0 30 2 *', '5-1 * * * *'])(
    'are told for %s',
    (cron) => expect(faults(cron)).toEqual(['/cron']),
  );

  it.each(['Mars/Base', 'Berlin', '../etc'])('are told for the time zone %s', (timeZone) =>
    expect(faults('* * * * *', timeZone)).toEqual(['/timeZone']),
  );
});
