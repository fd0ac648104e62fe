import { describe, expect, it } from 'vitest';
import { durations, quantile, spread } from '../statistics.ts';

describe('statistics', () => {
  it('find the middle of an odd and of an even number of rounds', () => {
    expect(spread([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
    expect(spread([40, 10, 20, 30])).toEqual({ median: 25, min: 10, max: 40 });
    expect(spread([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  it('say of nothing that it is no number', () => {
    expect(spread([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('take quantiles of values that are there', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(quantile(values, 0.5)).toBe(51);
    expect(quantile(values, 0.99)).toBe(100);
    expect(quantile(values, 1)).toBe(100);
    expect(quantile([5], 0.99)).toBe(5);
  });

  it('sort durations as numbers, and leave the order of what they were given', () => {
    const given = [100, 9, 20];
    expect(durations('kill', given)).toEqual({ killp50: 20, killp99: 100, killworst: 100 });
    expect(given).toEqual([100, 9, 20]);
  });
});
