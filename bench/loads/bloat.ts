import { MayflyContender } from '../contenders/mayfly.ts';
import { perSecond } from '../statistics.ts';
import { withClient } from '../support/fill.ts';
import { memoryMib } from '../support/process-usage.ts';
import { Sampler } from '../support/sampler.ts';
import { meter } from '../support/metered.ts';
import { rateKind, type Figures, type Ground, type Load, type Measured } from './load.ts';

/** Tasks that wait while the workers run: submission and work go on side by side. */
const AHEAD = 20_000;
const STEP = 10_000;

const MIB = 2 ** 20;

export const bloat: Load = {
  name: 'bloat',
  title: 'Tables beside a long transaction',
  about:
    'Tasks go through from submission to the record of their end while another transaction stays open from the beginning, so that no dead row can be removed. Sizes of the hot tables (ready, running) and their indexes at the end, then again after that transaction has ended and vacuum has run.',
  figures: {
    early: rateKind('done, first tenth'),
    late: rateKind('done, last tenth'),
    slowdown: { title: 'first tenth against last', unit: 'times', better: 'less' },
    tables: { title: 'hot tables, transaction open', unit: 'MiB', better: 'less' },
    indexes: { title: 'their indexes', unit: 'MiB', better: 'less' },
    tablesAfter: { title: 'hot tables, after vacuum', unit: 'MiB', better: 'less' },
    indexesAfter: { title: 'their indexes', unit: 'MiB', better: 'less' },
    perTask: { title: 'bytes kept for a task', unit: 'count', better: 'less' },
    grown: { title: 'memory of the process at the end', unit: 'MiB', better: 'less' },
  },
  contenders: ['mayfly'],
  once: true,
  measure: async (ground) => {
    const mayfly = new MayflyContender(ground.database);
    await mayfly.open();
    try {
      return await withClient(ground.database, async (client) => {
        await client.query('begin isolation level repeatable read');
        await client.query('select count(*) from mayfly.ready');
        const measured = await passThrough(ground, mayfly);
        await readSizes(ground, measured.figures, '');
        await client.query('commit');
        await client.query('vacuum mayfly.ready');
        await client.query('vacuum mayfly.running');
        await readSizes(ground, measured.figures, 'After');
        return measured;
      });
    } finally {
      await mayfly.close();
    }
  },
};

async function passThrough(ground: Ground, mayfly: MayflyContender): Promise<Measured> {
  const { bloatTasks } = ground.sizes;
  const usage = meter(ground, mayfly);
  const sampler = new Sampler('MiB', new Map([['bench', () => memoryMib(process.pid)]]));
  await mayfly.submitBatch(AHEAD);
  await mayfly.work();
  const rates: number[] = [];
  const tenth = Math.max(1, Math.round(bloatTasks / STEP / 10));
  let from = performance.now();
  for (let step = 1; step * STEP <= bloatTasks; step++) {
    await mayfly.submitBatch(STEP);
    await mayfly.untilStarted(step * STEP);
    if (step % tenth > 0) continue;
    rates.push(perSecond(tenth * STEP, from));
    from = performance.now();
  }
  await mayfly.untilDone(bloatTasks + AHEAD);
  const [early = Number.NaN] = rates;
  const late = rates.at(-1) ?? Number.NaN;
  const figures = { early, late, slowdown: early / late, grown: memoryMib(process.pid) };
  return { figures, usage: usage.read(), series: sampler.stop() };
}

async function readSizes({ database, sizes }: Ground, into: Figures, when: string): Promise<void> {
  await withClient(database, async (client) => {
    const { rows } = await client.query<{ tables: number; indexes: number; kept: number }>(`
      select
        sum(pg_table_size(oid)) filter (where relname in ('ready', 'running'))::float8 as tables,
        sum(pg_indexes_size(oid)) filter (where relname in ('ready', 'running'))::float8 as indexes,
        sum(pg_total_relation_size(oid))
          filter (where relname ~ '^(task|finished)_')::float8 as kept
      from pg_class
      where relnamespace = 'mayfly'::regnamespace and relkind = 'r'`);
    const [row] = rows;
    into[`tables${when}`] = (row?.tables ?? Number.NaN) / MIB;
    into[`indexes${when}`] = (row?.indexes ?? Number.NaN) / MIB;
    into['perTask'] = (row?.kept ?? Number.NaN) / (sizes.bloatTasks + AHEAD);
  });
}
