import { oneLine } from './printable.ts';
import type { Terminal } from './terminal.ts';
import { cutTo, widthOf } from './width.ts';

/** One column of a table of `Row`. */
export interface Column<Row> {
  title: string;
  value(row: Row): string;
  /** Colours what is shown. */
  paint?: (text: string, row: Row) => string;
  alignRight?: boolean;
  /** Gives up width when the terminal is narrow. */
  flexible?: boolean;
  /** Left out when the terminal is narrower still, the lowest number first; without one: never. */
  expendable?: number;
}

interface Fitted<Row> {
  column: Column<Row>;
  texts: string[];
  width: number;
}

const GAP = '  ';
const FLEXIBLE_MIN = 11;

/** Aligned columns under a row of titles, fitted to the width of the terminal. */
export function printTable<Row>(
  terminal: Terminal,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): void {
  const natural = columns.map((column): Fitted<Row> => {
    const texts = rows.map((row) => oneLine(column.value(row)));
    return { column, texts, width: Math.max(column.title.length, ...texts.map(widthOf)) };
  });
  const fitted = shrink(leaveOut(natural, terminal.columns), terminal.columns);
  const titles = fitted.map((part) =>
    pad(part, part.column.title, (text) => terminal.style('dim', text)),
  );
  terminal.print(titles.join(GAP).trimEnd());
  for (const [index, row] of rows.entries()) {
    const cells = fitted.map((part) =>
      pad(part, part.texts[index] ?? '', (text) => part.column.paint?.(text, row) ?? text),
    );
    terminal.print(cells.join(GAP).trimEnd());
  }
}

function pad<Row>(
  { column, width }: Fitted<Row>,
  text: string,
  paint: (text: string) => string,
): string {
  const cut = cutTo(text, width);
  const space = ' '.repeat(width - widthOf(cut));
  return column.alignRight ? space + paint(cut) : paint(cut) + space;
}

/** Leaves out what is expendable until the rest fits, with flexible columns at their narrowest. */
function leaveOut<Row>(all: Fitted<Row>[], available = Infinity): Fitted<Row>[] {
  const narrowest = all.map((part) => ({ ...part, width: narrowestOf(part) }));
  const [least] = all
    .filter(({ column }) => column.expendable !== undefined)
    .toSorted((a, b) => (a.column.expendable ?? 0) - (b.column.expendable ?? 0));
  if (!least || totalOf(narrowest) <= available) return all;
  return leaveOut(
    all.filter((part) => part !== least),
    available,
  );
}

function shrink<Row>(all: Fitted<Row>[], available = Infinity): Fitted<Row>[] {
  let excess = totalOf(all) - available;
  return all.map((part) => {
    const given = Math.min(Math.max(0, excess), part.width - narrowestOf(part));
    excess -= given;
    return { ...part, width: part.width - given };
  });
}

function narrowestOf<Row>({ column, width }: Fitted<Row>): number {
  return column.flexible ? Math.min(width, FLEXIBLE_MIN) : width;
}

function totalOf<Row>(all: Fitted<Row>[]): number {
  return all.reduce((sum, { width }) => sum + width, GAP.length * (all.length - 1));
}
