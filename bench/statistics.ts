/** The lowest, the middle and the highest of several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @param sorted ascending  @param share 0.5 for the median */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** @returns NaN in each field when there is no value */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = Number.isInteger(middle)
    ? ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
    : (sorted[Math.floor(middle)] ?? Number.NaN);
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The figures that tell of many durations: the usual one, the bad ones, the worst. */
export function durations(prefix: string, milliseconds: readonly number[]): Record<string, number> {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    [`${prefix}p50`]: quantile(sorted, 0.5),
    [`${prefix}p99`]: quantile(sorted, 0.99),
    [`${prefix}worst`]: sorted.at(-1) ?? Number.NaN,
  };
}

/** @param from what `performance.now()` said at the beginning */
export function perSecond(count: number, from: number): number {
  return count / ((performance.now() - from) / 1000);
}
