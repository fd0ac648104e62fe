import { expect, it } from 'vitest';
import { describeVerdict, judge } from '../guard/judge.ts';
import { measureRatios } from '../guard/measure.ts';
import { readRecorded } from '../guard/recorded.ts';

const ROUNDS = 3;

// Ratios to graphile-worker in the same run, so that the machine does not matter.
it('Mayfly has not lost half of its speed', async () => {
  const verdicts = judge(await measureRatios(ROUNDS), readRecorded());
  for (const verdict of verdicts) console.warn(describeVerdict(verdict));
  expect(verdicts.filter(({ kind }) => kind === 'too slow')).toEqual([]);
});
