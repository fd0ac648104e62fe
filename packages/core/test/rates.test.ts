import { ratesBetween, type DayTally } from '@mayfly/core';
import { openTwoStores, startDatabase } from '@mayfly/testkit';
import { describe, expect, it } from 'vitest';
import { Harness } from './dispatch/harness.ts';

const tally = (
  day: string,
  [submitted, started, finished]: [number, number, number],
): DayTally => ({
  queue: 'q',
  day,
  submitted,
  started,
  finished,
});

describe('rates', () => {
  it('are differences a second, day by day, so that midnight changes nothing', () => {
    const early = { atMs: 0, tallies: [tally('1', [900, 900, 900]), tally('2', [50, 40, 30])] };
    const late = { atMs: 20_000, tallies: [tally('2', [70, 50, 30]), tally('3', [20, 10, 10])] };
    const rates = { submitted: 2, started: 1, finished: 0.5, overMs: 20_000 };
    expect(ratesBetween(early, late, 'q')).toEqual(rates);
    expect(ratesBetween(early, late, undefined)).toEqual(rates);
    expect(ratesBetween(early, late, 'other')).toMatchObject({ submitted: 0, finished: 0 });
    expect(ratesBetween(early, early, 'q')).toBeNull();
  });

  it('count what all servers do', async () => {
    const database = await startDatabase('memory:');
    try {
      const [first, second] = await openTwoStores(database);
      await using here = await Harness.open(database, { store: first });
      await using there = await Harness.open(database, { store: second });
      await here.submit();
      await here.core.meter.sample();
      expect(here.core.meter.rates()).toBeNull();
      const worker = await there.worker(2);
      const assignment = await worker.nextAssignment();
      for (const harness of [here, here, there]) await harness.submit();
      await worker.nextAssignment();
      worker.report(assignment, 'completed');
      await there.until(assignment.taskId, 'completed');
      await there.core.meter.sample();
      await here.core.meter.sample();
      const items = await here.core.queues.list();
      for (const rates of [items[0]?.rates, here.core.meter.rates()]) {
        const count = (rate = Number.NaN): number => (rate * (rates?.overMs ?? 0)) / 1000;
        expect(count(rates?.submitted)).toBeCloseTo(3, 0);
        expect(count(rates?.started)).toBeCloseTo(2, 0);
        expect(count(rates?.finished)).toBeCloseTo(1, 0);
      }
    } finally {
      await database.stop();
    }
  });
});
