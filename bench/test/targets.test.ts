import { describe, expect, it } from 'vitest';
import { LOADS } from '../loads/all.ts';
import { judgeTargets, TARGETS, type Target } from '../report/targets.ts';
import { reportOf, resultOf } from './support.ts';

const atLeast: Target = {
  title: 'twice as fast',
  of: ['race', 'mayfly', 'rate'],
  against: ['race', 'graphile-worker', 'rate'],
  atLeast: 2,
  unit: '×',
};
const atMost: Target = {
  title: 'no wait',
  of: ['race', 'mayfly', 'wait'],
  atMost: 10,
  unit: 'ms',
};

function judge(ours: number, theirs: number, wait: number): (boolean | null)[] {
  const report = reportOf(
    resultOf('race', 'mayfly', { rate: ours, wait }),
    resultOf('race', 'graphile-worker', { rate: theirs }),
  );
  return judgeTargets(report, [atLeast, atMost]).map(({ reached }) => reached);
}

describe('a target', () => {
  it('is reached at its bound and beyond it', () => {
    expect(judge(200, 100, 10)).toEqual([true, true]);
    expect(judge(300, 100, 1)).toEqual([true, true]);
  });

  it('is not reached short of its bound', () => {
    expect(judge(199, 100, 10.1)).toEqual([false, false]);
  });

  it('is judged by the median', () => {
    const rounds = [{ rate: 1 }, { rate: 250 }, { rate: 260 }];
    const report = reportOf(
      resultOf('race', 'mayfly', ...rounds),
      resultOf('race', 'graphile-worker', { rate: 100 }),
    );
    expect(judgeTargets(report, [atLeast])).toEqual([
      { title: 'twice as fast', target: '≥ 2 ×', measured: '2.50 ×', reached: true },
    ]);
  });

  it('is neither reached nor missed where one side was not measured', () => {
    const report = reportOf(resultOf('race', 'mayfly', { rate: 10 }));
    expect(judgeTargets(report, [atLeast])).toMatchObject([
      { measured: 'not measured', reached: null },
    ]);
  });
});

describe('the targets', () => {
  it.each([...TARGETS])('$title: names figures that are measured', ({ of, against }) => {
    for (const [load, contender, figure] of against ? [of, against] : [of]) {
      const known = LOADS.find(({ name }) => name === load);
      expect(known?.contenders).toContain(contender);
      expect(Object.keys(known?.figures ?? {})).toContain(figure);
    }
  });

  it.each([...TARGETS])('$title: has one bound', ({ atLeast, atMost }) => {
    expect([atLeast, atMost].filter((bound) => bound !== undefined)).toHaveLength(1);
  });
});
