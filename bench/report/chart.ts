import type { Series } from '../support/series.ts';
import { showNumber } from './numbers.ts';

export interface Bar {
  label: string;
  value: number;
  /** Lowest and highest round. */
  min: number;
  max: number;
  /** Ours are drawn in the colour of the house. */
  ours: boolean;
}

const WIDTH = 720;
const LABELS = 150;
const VALUES = 90;
const ROW = 30;
const TOP = 48;

// Readable on white and on black: the page's own colours where it tells them.
const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 15px; }
  .faint { fill: #6e7781; }
  .ours { fill: #1a7f64; } .other { fill: #9aa4af; }
  .mark { stroke: #24292f; } .axis { stroke: #d0d7de; }
  .line0 { stroke: #1a7f64; } .line1 { stroke: #bf5b04; } .line2 { stroke: #6639ba; }
  .fill0 { fill: #1a7f64; } .fill1 { fill: #bf5b04; } .fill2 { fill: #6639ba; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #9198a1; }
    .ours { fill: #3fb98f; } .other { fill: #59636e; }
    .mark { stroke: #e6edf3; } .axis { stroke: #3d444d; }
    .line0 { stroke: #3fb98f; } .line1 { stroke: #f0883e; } .line2 { stroke: #b392f0; }
    .fill0 { fill: #3fb98f; } .fill1 { fill: #f0883e; } .fill2 { fill: #b392f0; }
  }
</style>`;

/** Horizontal bars with the lowest and highest round as a mark. */
export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE);
  const scale = (value: number): number => (value / most) * (WIDTH - LABELS - VALUES);
  const rows = bars.map(({ label, value, min, max, ours }, index) => {
    const y = TOP + index * ROW;
    const middle = y + ROW / 2;
    const spread =
      min === max
        ? ''
        : `<line class="mark" x1="${at(LABELS + scale(min))}" x2="${at(LABELS + scale(max))}" y1="${middle}" y2="${middle}"/>`;
    return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>
<rect class="${ours ? 'ours' : 'other'}" x="${LABELS}" y="${y + 5}" width="${at(scale(value))}" height="${ROW - 10}" rx="2"/>
${spread}<text x="${at(LABELS + scale(max) + 8)}" y="${middle + 4}">${showNumber(value)}</text>`;
  });
  return document(title, subtitle, { height: TOP + bars.length * ROW + 12, body: rows.join('\n') });
}

const PLOT_HEIGHT = 220;
const LEFT = 60;

/** Lines over time, from zero. */
export function lineChart(title: string, subtitle: string, series: readonly Series[]): string {
  const points = series.flatMap((one) => one.points);
  const last = Math.max(...points.map(([seconds]) => seconds), Number.MIN_VALUE);
  const most = Math.max(...points.map(([, value]) => value), Number.MIN_VALUE) * 1.1;
  const bottom = TOP + PLOT_HEIGHT;
  const x = (seconds: number): string => at(LEFT + (seconds / last) * (WIDTH - LEFT - VALUES));
  const y = (value: number): string => at(bottom - (value / most) * PLOT_HEIGHT);
  const lines = series.map(({ name, points: own }, index) => {
    const path = own.map(([seconds, value]) => `${x(seconds)},${y(value)}`).join(' ');
    const [, value] = own.at(-1) ?? [0, 0];
    return `<polyline class="line${index % 3}" fill="none" stroke-width="2" points="${path}"/>
<text class="fill${index % 3}" x="${at(WIDTH - VALUES + 6)}" y="${y(value)}">${escape(name)} ${showNumber(value)}</text>`;
  });
  const axis = `<line class="axis" x1="${LEFT}" x2="${WIDTH - VALUES}" y1="${bottom}" y2="${bottom}"/>
<text class="faint" x="${LEFT - 8}" y="${bottom + 4}" text-anchor="end">0</text>
<text class="faint" x="${LEFT - 8}" y="${TOP + 10}" text-anchor="end">${showNumber(most)}</text>
<text class="faint" x="${WIDTH - VALUES}" y="${bottom + 18}" text-anchor="end">${showNumber(last)} s</text>`;
  return document(title, subtitle, { height: bottom + 30, body: [axis, ...lines].join('\n') });
}

function document(
  title: string,
  subtitle: string,
  { height, body }: { height: number; body: string },
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
${STYLE}
<text class="title" x="8" y="20">${escape(title)}</text>
<text class="faint" x="8" y="38">${escape(subtitle)}</text>
${body}
</svg>
`;
}

function at(position: number): string {
  return String(Math.round(position * 10) / 10);
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
