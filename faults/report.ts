import type { Report } from './run.ts';

const COLUMNS =
  '| run | faults | accepted | attempts | overlaps | lost | doubled | late results accepted | worst life past a TTL | worst hand-over | stalls of the machine |';

/** The figures of a run as a table, as `docs/reference/guarantees.md` has it. */
export function toTable(report: Report): string {
  const { seed, minutes, slackMs, accepted, overlaps, lost, doubled, stalls } = report;
  const slack = slackMs === 0 ? '' : ` --slack ${slackMs}`;
  const cells = [
    `\`npm run test:faults -- --minutes ${minutes} --seed ${seed}${slack}\``,
    sum(report.faults),
    accepted,
    sum(report.attempts),
    overlaps,
    lost,
    doubled,
    `${report.lateAccepted} of ${report.lateAccepted + report.lateRefused}`,
    `${seconds(report.killLatenessMs.worst)} (${report.ttlKills})`,
    `${seconds(report.worstHandOverMs)} (${report.handOvers})`,
    `${stalls.count}, ${seconds(stalls.totalMs)} in all, worst ${seconds(stalls.worstMs)}`,
  ];
  const line = `|${'---|'.repeat(cells.length)}`;
  return [COLUMNS, line, `| ${cells.join(' | ')} |`].join('\n');
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
