import type { Load } from '../loads/load.ts';
import { figureTable, toText, usageTable, type Table } from './table.ts';
import { judgeTargets, type Standing } from './targets.ts';
import { listDefeats } from './winners.ts';
import type { About, Report } from './report.ts';

/** Which machine, which versions, which settings. */
export function describe(about: Omit<About, 'seconds' | 'failures'>): string[] {
  const { cores, cpu, memoryGib, versions, postgresSettings, contenders, missing } = about;
  const pairs = (record: Record<string, string>, tie: string): string =>
    Object.entries(record)
      .map(([name, value]) => `${name}${tie}${value}`)
      .join(', ');
  return [
    `${cores} cores (${cpu}), ${memoryGib} GiB; load average ${about.loadBefore.toFixed(2)} before the first run`,
    pairs(versions, ' '),
    `PostgreSQL for all who use it: ${pairs(postgresSettings, '=')}`,
    ...Object.entries(contenders).map(([name, settings]) => `${name}: ${settings}`),
    ...missing.map((line) => `*** LEFT OUT: ${line} ***`),
  ];
}

/** The whole report for a terminal. */
export function present(report: Report, loads: readonly Load[]): string {
  const parts = loads.flatMap((load) => {
    const figures = figureTable(report, load);
    return figures.length > 1 ? [toText(figures), toText(usageTable(report, load))] : [];
  });
  parts.push(toText(standingsTable(judgeTargets(report))));
  const defeats = defeatsTable(report, loads);
  parts.push(
    defeats.length > 1 ? toText(defeats) : 'In nothing that was measured does another one win.',
  );
  return parts.join('\n\n');
}

export function standingsTable(standings: readonly Standing[]): Table {
  return [
    ['Where each target stands', 'target', 'measured', ''],
    ...standings.map(({ title, target, measured, reached }) => [
      title,
      target,
      measured,
      reached === null ? '' : reached ? 'reached' : 'NOT reached',
    ]),
  ];
}

export function defeatsTable(report: Report, loads: readonly Load[]): Table {
  return [
    ['Where another one wins', 'figure', 'winner', 'better by'],
    ...listDefeats(report, loads).map(({ load, figure, winner, by }) => [load, figure, winner, by]),
  ];
}
