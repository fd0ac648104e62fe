import { describe, expect, it } from 'vitest';
import { describeVerdict, judge, ratiosOf } from '../guard/judge.ts';
import { readRecorded } from '../guard/recorded.ts';
import { guard } from '../loads/guard.ts';

function kindOf(measured: number): string | undefined {
  return judge({ rate: measured }, { rate: 3 })[0]?.kind;
}

describe('the guard against slow-down', () => {
  it('lets pass what is as fast as recorded, or faster', () => {
    expect([kindOf(3), kindOf(9), kindOf(2)]).toEqual(['well', 'well', 'well']);
  });

  it('warns when more than a third is lost', () => {
    expect([kindOf(1.99), kindOf(1.5)]).toEqual(['slower', 'slower']);
  });

  it('fails when more than half is lost', () => {
    expect(kindOf(1.49)).toBe('too slow');
  });

  it('fails when it has measured nothing', () => {
    expect(() => judge({}, { rate: 3 })).toThrow('rate was not measured');
    expect(() => judge({ rate: Number.NaN }, { rate: 3 })).toThrow('rate was not measured');
  });

  it('compares within each round, and takes the median', () => {
    // The machine was ten times slower in the second round: for both.
    const ours = [{ rate: 200 }, { rate: 20 }, { rate: 900 }];
    const theirs = [{ rate: 100 }, { rate: 10 }, { rate: 100 }];
    expect(ratiosOf(ours, theirs)).toEqual({ rate: 2 });
  });

  it('is loud when it warns', () => {
    const [verdict] = judge({ rate: 1.6 }, { rate: 3 });
    expect(verdict && describeVerdict(verdict)).toBe(
      '*** WARNING, slower: rate: 1.60 × graphile-worker, 3.00 × is recorded ***',
    );
  });

  it('has a record of each figure that it measures', () => {
    expect(Object.keys(readRecorded()).toSorted()).toEqual(Object.keys(guard.figures).toSorted());
  });
});
