import type { FigureKind, Load } from '../loads/load.ts';
import { barChart, lineChart, type Bar } from './chart.ts';
import { figureOf, type Report } from './report.ts';

/** Charts by file name: bars for each figure that is compared, lines for what was read over time. */
export function drawCharts(report: Report, loads: readonly Load[]): Map<string, string> {
  const charts = new Map<string, string>();
  for (const load of loads) {
    for (const [figure, kind] of Object.entries(load.figures)) {
      const bars = barsOf(report, load, figure);
      if (bars.length < 2 || !isCompared(figure)) continue;
      charts.set(`${load.name}-${figure}.svg`, barChart(...headOf(load, kind), bars));
    }
    for (const { load: name, contender, series } of report.results) {
      const [first] = series;
      if (name !== load.name || !first) continue;
      const subtitle = `${contender}, ${first.unit} over time`;
      charts.set(`${name}-over-time.svg`, lineChart(`${load.title}: memory`, subtitle, series));
    }
  }
  return charts;
}

function barsOf(report: Report, load: Load, figure: string): Bar[] {
  return load.contenders.flatMap((contender) => {
    const spread = figureOf(report, load.name, contender, figure);
    if (!spread) return [];
    const { median: value, min, max } = spread;
    return [{ label: contender, value, min, max, ours: contender.startsWith('mayfly') }];
  });
}

/** The worst of many is one accident, and the rate of half load is what was given. */
function isCompared(figure: string): boolean {
  return !figure.endsWith('worst') && figure !== 'halfRate';
}

function headOf({ title }: Load, kind: FigureKind): [title: string, subtitle: string] {
  const more = kind.better === 'more' ? 'more is better' : 'less is better';
  return [`${title}: ${kind.title}`, `${kind.unit}; ${more}; median, line from lowest to highest`];
}
