import { fileURLToPath } from 'node:url';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import type { ContenderName } from './contenders/contender.ts';
import { chooseLoads, LOADS } from './loads/all.ts';
import { HELP, parseOptions, type Options } from './options.ts';
import { describe, present } from './report/present.ts';
import type { Report } from './report/report.ts';
import { saveReport, writeDocs } from './report/save.ts';
import { judgeTargets } from './report/targets.ts';
import { describeRun } from './runner/about.ts';
import { runLoads } from './runner/run-loads.ts';
import { runOnce } from './runner/run-once.ts';
import { startServers } from './runner/servers.ts';

const DOCS = fileURLToPath(new URL('../docs/reference', import.meta.url));

// What is being done goes to stderr; the report to stdout.
const say = (line: string): void => console.error(line);

try {
  await main(parseOptions(process.argv.slice(2), process.env));
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  if (options.help) {
    console.log(HELP + LOADS.map(({ name }) => name).join(', '));
    return;
  }
  const loads = chooseLoads(options.loads, options.sizes);
  const report = await measureAll(loads, options);
  saveReport(report, LOADS, resolve(options.out));
  if (options.json)
    console.log(JSON.stringify({ ...report, targets: judgeTargets(report) }, null, 2));
  else console.log(`\n${present(report, LOADS)}\n`);
  const { failures } = report.about;
  if (failures.length > 0) throw new Error(`${failures.length} runs have failed; see above.`);
  if (options.writeDocs) writeDocs(report, LOADS, DOCS);
  say(`The report and its charts are in ${options.out}, ${Math.round(report.about.seconds)} s.`);
}

async function measureAll(
  loads: ReturnType<typeof chooseLoads>,
  { sizes }: Options,
): Promise<Report> {
  const from = performance.now();
  const servers = await startServers();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void servers.stop().finally(() => process.exit(128 + constants.signals[signal]));
    });
  }
  try {
    const about = describeRun(servers, sizes);
    for (const line of describe(about)) say(line);
    const { results, failures } = await runLoads(loads, {
      sizes,
      canRun: (contender: ContenderName) => contender !== 'bullmq' || servers.redis !== null,
      runOnce: (load, contender) => runOnce(servers, load, contender, sizes),
      say,
    });
    const seconds = (performance.now() - from) / 1000;
    return { about: { ...about, failures, seconds }, results };
  } finally {
    await servers.stop();
  }
}
