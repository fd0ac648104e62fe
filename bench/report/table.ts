import type { ContenderName } from '../contenders/contender.ts';
import type { FigureKind, Load } from '../loads/load.ts';
import { showNumber } from './numbers.ts';
import { figureOf, type Report } from './report.ts';

/** A table as cells; the first row holds the titles. */
export type Table = string[][];

const REFERENCE: ContenderName = 'graphile-worker';

/** One table a load: a row a figure, a column a contender, and how Mayfly stands to the others. */
export function figureTable(report: Report, load: Load): Table {
  const contenders = load.contenders.filter((contender) =>
    report.results.some((result) => result.load === load.name && result.contender === contender),
  );
  const reference = contenders.includes(REFERENCE) && contenders.includes('mayfly');
  const titles = [load.title, ...contenders];
  if (reference) titles.push(`mayfly / ${REFERENCE}`);
  const rows = Object.entries(load.figures).flatMap(([figure, kind]) => {
    const spreads = contenders.map((contender) => figureOf(report, load.name, contender, figure));
    if (spreads.every((spread) => spread === undefined)) return [];
    const cells = spreads.map((spread) => (spread ? showSpread(spread) : ''));
    const row = [`${kind.title} (${unitOf(kind)})`, ...cells];
    if (reference) row.push(ratioOf(report, load, figure));
    return [row];
  });
  return [titles, ...rows];
}

function ratioOf(report: Report, load: Load, figure: string): string {
  const ours = figureOf(report, load.name, 'mayfly', figure);
  const theirs = figureOf(report, load.name, REFERENCE, figure);
  return ours && theirs ? showNumber(ours.median / theirs.median) : '';
}

/** CPU and memory of each process while a load ran. */
export function usageTable(report: Report, load: Load): Table {
  const results = report.results.filter((result) => result.load === load.name);
  return [
    ['used', 'process', 'CPU cores', 'memory (MiB)'],
    ...results.flatMap(({ contender, usage }) =>
      usage.map(({ name, cores, mib }) => [
        contender,
        name,
        cores.toFixed(2),
        String(Math.round(mib)),
      ]),
    ),
  ];
}

/** Aligned by spaces; all columns but the first to the right. */
export function toText(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function toMarkdown([titles = [], ...rows]: Table): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const rule = `|${titles.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(titles), rule, ...rows.map(line)].join('\n');
}

function showSpread({ median, min, max }: { median: number; min: number; max: number }): string {
  if (min === max) return showNumber(median);
  return `${showNumber(median)} (${showNumber(min)} to ${showNumber(max)})`;
}

function unitOf({ unit }: FigureKind): string {
  return unit === 'count' ? 'number' : unit;
}
