import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ALL, type Fixture } from '../fixture.ts';
import { DAY, finishOld, idOn, lookAt, makeDay } from './retention-support.ts';

type Open = () => Promise<Fixture>;

const DAYS = [3, 9, 12];
const RETENTIONS = [2, 8, 11];
const DEFAULT = 7;

const kind = fc.record({
  madeDaysAgo: fc.constantFrom(...DAYS),
  /** Null: the default. */
  retention: fc.constantFrom(null, ...RETENTIONS),
  /** Null: it has not finished. */
  endedDaysAgo: fc.option(fc.integer({ min: 0, max: 11 }).map((days) => days + 0.5)),
});

type Kind = typeof kind extends fc.Arbitrary<infer Value> ? Value : never;

/** The rule of the documentation. */
function isGone({ madeDaysAgo, retention, endedDaysAgo }: Kind): boolean {
  const kept = retention ?? DEFAULT;
  const dayIsOver = madeDaysAgo - 1 >= kept;
  return dayIsOver && endedDaysAgo !== null && endedDaysAgo > kept;
}

export function retentionMixSuite(open: Open): void {
  it('drops exactly what the rule says, whatever the mix of queues, days and ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(kind, { minLength: 5, maxLength: 40 }), async (kinds) => {
        await using fixture = await open();
        const { queues, retention, reader } = fixture.store;
        for (const days of RETENTIONS) await queues.change(`q${days}`, { retentionMs: days * DAY });
        const classes = new Map(
          (await queues.listRetentions()).map((entry) => [entry.queue, entry.retentionClass]),
        );
        const days = new Map<number, Date>();
        for (const ago of DAYS) days.set(ago, await makeDay(fixture, ago));
        const tasks = kinds.map((task, index) => {
          const retentionClass = classes.get(`q${task.retention}`) ?? 0;
          return { ...task, id: idOn(days.get(task.madeDaysAgo) as Date, retentionClass, index) };
        });
        for (const [endedDaysAgo, alike] of Map.groupBy(tasks, (task) => task.endedDaysAgo)) {
          const ids = alike.map((task) => task.id);
          if (endedDaysAgo !== null) await finishOld(fixture, ids, endedDaysAgo);
        }
        for (const { id, endedDaysAgo } of tasks)
          if (endedDaysAgo === null) await fixture.submit({ id });
        await lookAt(retention, DEFAULT * DAY);
        const ids = tasks.map((task) => task.id);
        const left = (await reader.getMany(ids, ALL)).map((task) => task.id);
        expect(left).toEqual(tasks.filter((task) => !isGone(task)).map((task) => task.id));
        // Nothing is left to do, and what waits can still be run.
        expect(await lookAt(retention, DEFAULT * DAY)).toEqual([]);
        const waiting = tasks.filter((task) => task.endedDaysAgo === null).length;
        expect(await fixture.claim(100)).toHaveLength(waiting);
      }),
      { numRuns: 3 },
    );
  });
}
