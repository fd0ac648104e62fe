import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@mayfly/contracts';
import {
  startEmbeddedPostgres,
  type ConnectionSettings,
  type EmbeddedPostgres,
} from '@mayfly/postgres';
import pg from 'pg';
import type { Contender } from './contender.ts';
import { GraphileContender } from './graphile-worker.ts';
import { MayflyContender } from './mayfly.ts';
import { measureKills } from './kill-lateness.ts';
import { measure, quantile, type Figures } from './measure.ts';

// Mayfly beside graphile-worker on the same PostgreSQL 18 with fsync on, in turns, several rounds.
// QUICK=1 makes it short. Medians with the lowest and highest; ratios are what counts.

const QUICK = process.env['QUICK'] === '1';
const ROUNDS = QUICK ? 2 : 5;
/** Of each kind. */
const KILLS = QUICK ? 50 : 1000;
const BACKLOG = QUICK ? 40_000 : 100_000;

const contenders: (() => Contender)[] = [
  () => new MayflyContender(),
  () => new GraphileContender(),
];
const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'));
const server = await startEmbeddedPostgres({
  dataDir: folder,
  clock: systemClock,
  log: () => undefined,
});
const results = new Map<string, Figures[]>();
try {
  console.log(
    `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, PostgreSQL 18, ${ROUNDS} rounds of ${BACKLOG} tasks`,
  );
  for (let round = 1; round <= ROUNDS; round++) {
    for (const create of contenders) {
      const contender = create();
      if (round === 1) console.log(`${contender.name}: ${contender.settings}`);
      const figures = await runRound(server, contender, round);
      results.set(contender.name, [...(results.get(contender.name) ?? []), figures]);
    }
  }
  printTable(results);
  await administer(server.connection, 'create database bench_kills');
  printFigures(await measureKills({ ...server.connection, database: 'bench_kills' }, KILLS));
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function runRound(
  { connection }: EmbeddedPostgres,
  contender: Contender,
  round: number,
): Promise<Figures> {
  const database = `bench_${contender.name.replace('-', '_')}_${round}`;
  await administer(connection, `create database ${database}`);
  await contender.start({ ...connection, database });
  try {
    return await measure(contender, BACKLOG);
  } finally {
    await contender.stop();
    await administer(connection, `drop database ${database} with (force)`);
  }
}

async function administer(connection: ConnectionSettings, statement: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(statement);
  await client.end();
}

function printTable(rounds: Map<string, Figures[]>): void {
  const [ours, theirs] = [...rounds.values()] as [Figures[], Figures[]];
  console.log('');
  console.log(`${''.padEnd(44)}${[...rounds.keys()].map((name) => name.padEnd(32)).join('')}ratio`);
  for (const load of Object.keys(ours[0] ?? {})) {
    const cells = [ours, theirs].map((figures) =>
      spread(figures.map((figure) => figure[load] ?? Number.NaN)),
    );
    const ratio = (cells[0]?.median ?? Number.NaN) / (cells[1]?.median ?? Number.NaN);
    console.log(
      `${load.padEnd(44)}${cells.map((cell) => cell.text.padEnd(32)).join('')}${ratio.toFixed(2)}`,
    );
  }
}

function printFigures(figures: Figures): void {
  console.log('');
  for (const [load, figure] of Object.entries(figures)) {
    console.log(`${load.padEnd(44)}${figure.toFixed(1)}`);
  }
}

function spread(values: number[]): { median: number; text: string } {
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const show = (value: number): string =>
    value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
  return {
    median,
    text: `${show(median)} (${show(sorted[0] ?? 0)} to ${show(sorted.at(-1) ?? 0)})`,
  };
}
