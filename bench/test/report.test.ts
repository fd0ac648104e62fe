import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { barChart, lineChart } from '../report/chart.ts';
import { drawCharts } from '../report/charts.ts';
import { showNumber } from '../report/numbers.ts';
import { describe as describeAbout, present } from '../report/present.ts';
import { figureOf } from '../report/report.ts';
import { putFigures, saveReport, writeDocs } from '../report/save.ts';
import { figureTable, toMarkdown, toText, usageTable } from '../report/table.ts';
import { listDefeats } from '../report/winners.ts';
import { race, reportOf, resultOf } from './support.ts';

const report = reportOf(
  resultOf('race', 'mayfly', { rate: 2000, wait: 4 }, { rate: 3000, wait: 2 }),
  resultOf('race', 'graphile-worker', { rate: 1000, wait: 9 }, { rate: 1000, wait: 6 }),
  resultOf('race', 'bullmq', { rate: 500, wait: 0.25 }),
);

describe('tables', () => {
  it('show medians with the lowest and highest round, and the ratio', () => {
    expect(figureTable(report, race)).toEqual([
      ['A race', 'mayfly', 'graphile-worker', 'bullmq', 'mayfly / graphile-worker'],
      ['done (tasks/s)', '2,500 (2,000 to 3,000)', '1,000', '500', '2.50'],
      ['wait (ms)', '3 (2 to 4)', '7.50 (6 to 9)', '0.25', '0.40'],
    ]);
  });

  it('leave out who was not measured, and what', () => {
    const alone = reportOf(resultOf('race', 'mayfly', { rate: 10 }));
    expect(figureTable(alone, race)).toEqual([
      ['A race', 'mayfly'],
      ['done (tasks/s)', '10'],
    ]);
    expect(figureTable(reportOf(), race)).toEqual([['A race']]);
  });

  it('tell CPU and memory of each process', () => {
    expect(usageTable(report, race)[1]).toEqual(['mayfly', 'bench', '0.50', '100']);
  });

  it('are aligned in a terminal', () => {
    expect(
      toText([
        ['a', 'long'],
        ['long', 'b'],
      ]),
    ).toBe('a     long\nlong     b');
  });

  it('are tables of Markdown in the documentation', () => {
    expect(
      toMarkdown([
        ['a', 'b'],
        ['1', '2'],
      ]),
    ).toBe('| a | b |\n|---|---:|\n| 1 | 2 |');
  });

  it('show as many digits as count', () => {
    const shown = [123_456.7, 12.34, 1.234, 0, Number.NaN].map(showNumber);
    expect(shown).toEqual(['123,457', '12.3', '1.23', '0', '–']);
  });
});

describe('a report', () => {
  it('finds figures over all rounds', () => {
    expect(figureOf(report, 'race', 'mayfly', 'rate')).toEqual({
      median: 2500,
      min: 2000,
      max: 3000,
    });
    expect(figureOf(report, 'race', 'pg-boss', 'rate')).toBeUndefined();
    expect(figureOf(report, 'race', 'mayfly', 'other')).toBeUndefined();
  });

  it('tells where another one wins, whichever way is better', () => {
    expect(listDefeats(report, [race])).toEqual([
      { load: 'A race', figure: 'wait', winner: 'bullmq', by: '12 ×' },
    ]);
  });

  it('is loud about what was left out', () => {
    expect(describeAbout(report.about).join('\n')).toContain('*** LEFT OUT: BullMQ');
  });

  it('says so when nobody else wins', () => {
    const alone = reportOf(resultOf('race', 'mayfly', { rate: 10, wait: 1 }));
    expect(present(alone, [race])).toContain('In nothing that was measured does another one win.');
  });
});

describe('charts', () => {
  it('draw bars in proportion, ours in our colour', () => {
    const svg = barChart('A <title>', 'with & more', [
      { label: 'mayfly', value: 200, min: 200, max: 200, ours: true },
      { label: 'other', value: 100, min: 90, max: 100, ours: false },
    ]);
    const widths = [...svg.matchAll(/class="(ours|other)".*? width="([\d.]+)"/g)];
    expect(widths.map(([, kind, width]) => [kind, Number(width)])).toEqual([
      ['ours', 480],
      ['other', 240],
    ]);
    expect(svg).toContain('A &lt;title&gt;');
    expect(svg).toContain('with &amp; more');
    expect(svg).toContain('prefers-color-scheme: dark');
    // Only the second one has rounds that differ.
    expect(svg.match(/class="mark"/g)).toHaveLength(1);
  });

  it('draw lines from zero to the highest', () => {
    const svg = lineChart('Memory', 'MiB', [
      {
        name: 'server',
        unit: 'MiB',
        points: [
          [0, 50],
          [10, 100],
        ],
      },
    ]);
    expect(/polyline.*points="60,168 630,68"/.test(svg)).toBe(true);
    expect(svg).toContain('server 100');
  });

  it('are made for figures that are compared, and for values over time', () => {
    const points: [number, number][] = [
      [0, 1],
      [1, 2],
    ];
    const mayfly = resultOf('race', 'mayfly', { rate: 1, wait: 1 });
    const memory = { ...mayfly, series: [{ name: 'server', unit: 'MiB', points }] };
    const both = reportOf(memory, resultOf('race', 'bullmq', { rate: 2 }));
    expect([...drawCharts(both, [race]).keys()]).toEqual(['race-rate.svg', 'race-over-time.svg']);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('hold the report as JSON with its targets, and the charts', () => {
    saveReport(report, [race], join(folder, 'results'));
    const saved = JSON.parse(readFileSync(join(folder, 'results', 'report.json'), 'utf8')) as {
      results: unknown[];
      targets: unknown[];
    };
    expect(saved.results).toHaveLength(3);
    expect(saved.targets.length).toBeGreaterThan(10);
    expect(readdirSync(join(folder, 'results'))).toContain('race-rate.svg');
  });

  it('put figures into the page between its marks, again and again', () => {
    const page = readFileSync(
      new URL('../../docs/reference/performance.md', import.meta.url),
      'utf8',
    );
    const once = putFigures(page, 'FIGURES');
    expect(once).toContain('FIGURES');
    expect(putFigures(once, 'OTHERS')).toBe(putFigures(page, 'OTHERS'));
    expect(() => putFigures('a page without marks', 'FIGURES')).toThrow(/no place for figures/);
  });

  it('replace page and charts of the documentation', () => {
    const page = putFigures(
      readFileSync(new URL('../../docs/reference/performance.md', import.meta.url), 'utf8'),
      'old figures',
    );
    writeFileSync(join(folder, 'performance.md'), page);
    writeDocs(report, [race], folder);
    const written = readFileSync(join(folder, 'performance.md'), 'utf8');
    expect(written).not.toContain('old figures');
    expect(written).toContain('### A race');
    expect(written).toContain('### Where another one wins');
    for (const [, file] of written.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) {
      expect(readFileSync(join(folder, file as string), 'utf8')).toContain('<svg');
    }
    expect(written).toContain('(performance/race-rate.svg)');
  });
});
