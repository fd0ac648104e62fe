import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Load } from '../loads/load.ts';
import { drawCharts } from './charts.ts';
import { defeatsTable, describe, standingsTable } from './present.ts';
import type { Report } from './report.ts';
import { figureTable, toMarkdown, usageTable } from './table.ts';
import { judgeTargets } from './targets.ts';

/** Writes `report.json` and the charts into a folder. */
export function saveReport(report: Report, loads: readonly Load[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  const whole = { ...report, targets: judgeTargets(report) };
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(whole, null, 2)}\n`);
  for (const [name, svg] of drawCharts(report, loads)) writeFileSync(join(folder, name), svg);
}

const CHARTS = 'performance';
const BEGIN = '<!-- figures: npm run bench -- --write-docs -->';
const END = '<!-- end of figures -->';

/** Replaces the figures of the page on performance, and its charts. @param docs folder of the page */
export function writeDocs(report: Report, loads: readonly Load[], docs: string): void {
  const charts = drawCharts(report, loads);
  const folder = join(docs, CHARTS);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of charts) writeFileSync(join(folder, name), svg);
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(docs, 'performance.md');
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, putFigures(text, toSections(report, loads, [...charts.keys()])));
}

/** @throws when the page has no place for figures */
export function putFigures(page: string, figures: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`The page has no place for figures: it needs ${BEGIN} and ${END}.`);
  }
  return `${before}${BEGIN}\n\n${figures}\n\n${END}${after}`;
}

function toSections(report: Report, loads: readonly Load[], charts: string[]): string {
  const { about } = report;
  const parts = [
    `Measured ${about.at.slice(0, 10)}, size \`${about.size}\`, in ${Math.round(about.seconds / 60)} minutes.`,
    describe(about)
      .map((line) => `- ${line}`)
      .join('\n'),
    '### Targets',
    toMarkdown(standingsTable(judgeTargets(report))),
    '### Where another one wins',
    toMarkdown(defeatsTable(report, loads)),
  ];
  for (const load of loads) {
    const figures = figureTable(report, load);
    if (figures.length < 2) continue;
    const own = charts.filter((name) => name.startsWith(`${load.name}-`));
    parts.push(`### ${load.title}`, load.about, toMarkdown(figures));
    parts.push(...own.map((name) => `![${name.replace('.svg', '')}](${CHARTS}/${name})`));
    parts.push(toMarkdown(usageTable(report, load)));
  }
  return parts.join('\n\n');
}
