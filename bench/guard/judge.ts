import { spread } from '../statistics.ts';

/** How many times as fast as graphile-worker Mayfly is, by figure. */
export type Ratios = Record<string, number>;

export interface Verdict {
  figure: string;
  recorded: number;
  measured: number;
  kind: 'well' | 'slower' | 'too slow';
}

/** Below this share of the recorded ratio somebody should look; below the other one it is a failure. */
const WARN_BELOW = 2 / 3;
const FAIL_BELOW = 1 / 2;

/** Ratios within each round, since both ran under the same load; then their medians. */
export function ratiosOf(ours: readonly Ratios[], theirs: readonly Ratios[]): Ratios {
  const figures = Object.keys(ours[0] ?? {});
  return Object.fromEntries(
    figures.map((figure) => {
      const ratios = ours.map(
        (round, index) => (round[figure] ?? Number.NaN) / (theirs[index]?.[figure] ?? Number.NaN),
      );
      return [figure, spread(ratios).median];
    }),
  );
}

/** @throws when a recorded figure was not measured: then the guard would guard nothing */
export function judge(measured: Ratios, recorded: Ratios): Verdict[] {
  return Object.entries(recorded).map(([figure, was]) => {
    const is = measured[figure];
    if (is === undefined || !Number.isFinite(is)) throw new Error(`${figure} was not measured`);
    const share = is / was;
    const kind = share < FAIL_BELOW ? 'too slow' : share < WARN_BELOW ? 'slower' : 'well';
    return { figure, recorded: was, measured: is, kind };
  });
}

export function describeVerdict({ figure, recorded, measured, kind }: Verdict): string {
  const line = `${figure}: ${measured.toFixed(2)} × graphile-worker, ${recorded.toFixed(2)} × is recorded`;
  if (kind === 'well') return line;
  return `*** ${kind === 'slower' ? 'WARNING, slower' : 'TOO SLOW'}: ${line} ***`;
}
