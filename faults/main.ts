import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { toTable } from './report.ts';
import { runFaults, type Report } from './run.ts';

// Kills, stops and cuts a cluster under load, and checks that every promise held.
//   npm run test:faults -- --minutes 5 --seed 7

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    servers: { type: 'string', default: '3' },
    workers: { type: 'string', default: '4' },
    lines: { type: 'string', default: '3' },
    slack: { type: 'string', default: '0' },
    'no-code': { type: 'boolean', default: false },
    report: { type: 'string', default: 'faults-report.json' },
  },
});

const seed = Number(values.seed);
console.log(
  `seed ${seed}; the same again: npm run test:faults -- --minutes ${values.minutes} --seed ${seed}`,
);
const report = await runFaults({
  seed,
  minutes: Number(values.minutes),
  servers: Number(values.servers),
  workers: Number(values.workers),
  lines: Number(values.lines),
  code: !values['no-code'],
  slackMs: Number(values.slack),
  say: (line) => console.log(line),
});
writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
print(report);
process.exitCode = report.broken.length === 0 ? 0 : 1;

function print(report: Report): void {
  const { broken, ...figures } = report;
  console.log(figures);
  console.log(toTable(report));
  for (const sentence of broken.slice(0, 50)) console.log(`BROKEN: ${sentence}`);
  console.log(
    broken.length === 0 ? 'Every promise held.' : `${broken.length} promises were broken.`,
  );
}
