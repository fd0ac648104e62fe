import type { ContenderName } from '../contenders/contender.ts';
import type { Load } from '../loads/load.ts';
import { showNumber } from './numbers.ts';
import { figureOf, type Report } from './report.ts';

const OURS = new Set<ContenderName>(['mayfly', 'mayfly-apart']);

/** How much a contender was given to do. */
const NO_CONTEST = new Set(['halfRate']);

/** A figure in which somebody else is better than Mayfly in one process. */
export interface Defeat {
  load: string;
  figure: string;
  winner: ContenderName;
  /** How many times better. */
  by: string;
}

/** Where a competitor wins. */
export function listDefeats(report: Report, loads: readonly Load[]): Defeat[] {
  return loads.flatMap((load) =>
    Object.entries(load.figures).flatMap(([figure, { title, better }]) => {
      if (NO_CONTEST.has(figure)) return [];
      const ours = figureOf(report, load.name, 'mayfly', figure)?.median;
      if (ours === undefined) return [];
      return load.contenders.flatMap((winner): Defeat[] => {
        if (OURS.has(winner)) return [];
        const theirs = figureOf(report, load.name, winner, figure)?.median;
        if (theirs === undefined) return [];
        const by = better === 'more' ? theirs / ours : ours / theirs;
        return by > 1
          ? [{ load: load.title, figure: title, winner, by: `${showNumber(by)} ×` }]
          : [];
      });
    }),
  );
}
