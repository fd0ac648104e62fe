import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS, type Submission } from '@mayfly/contracts';
import { hold, noop } from '../handlers.ts';
import { durations } from '../statistics.ts';
import { fill, mayflyTasks, withClient } from '../support/fill.ts';
import { MayflyInProcess } from '../support/mayfly-in-process.ts';
import { meter } from '../support/metered.ts';
import { until } from '../contenders/start-watch.ts';
import { durationKinds, type Ground, type Load } from './load.ts';

const FAR_MS = 600_000;
/** Time to store what is due before the first of it is. */
const LEAD_MS = 2000;
const PATIENCE_MS = 2000;
const BATCH = 5000;

const FAR_AHEAD = mayflyTasks(
  `insert into mayfly.scheduled (task_id, due_at, attempt, failures, lost)
   select id, now() + interval '10 minutes' + random() * interval '1 day', 0, 0, 0 from made`,
  'ttl_ms, run_at',
  `60000, now() + interval '10 minutes'`,
);

export const expiry: Load = {
  name: 'expiry',
  title: 'Punctuality of the clock',
  about:
    'Many tasks run and many more are scheduled for later (inserted by SQL). Beside them some end at their TTL and some become due, spread over ten seconds: how much later than they should, by the records and the clock of the database. Handlers are inline and obey.',
  figures: {
    ...durationKinds('expired', 'end at the TTL, late by'),
    ...durationKinds('woken', 'start of a scheduled task, late by'),
  },
  contenders: ['mayfly'],
  once: true,
  async measure(ground) {
    const { expiryRunning, expiryScheduled, expiryDue, expiryMs } = ground.sizes;
    const mayfly = await MayflyInProcess.start(ground.database);
    try {
      await mayfly.know([noop, hold]);
      await mayfly.submit({ type: 'bench.noop', ttlMs: 60_000, params: { n: 0 } });
      await fill(ground.database, FAR_AHEAD, expiryScheduled);
      const concurrency = LIMITS.workerConcurrencyMax;
      const places = expiryRunning + 2 * expiryDue;
      for (let had = 0; had < places; had += concurrency)
        await mayfly.work([noop, hold], { concurrency });
      const held = { type: 'bench.hold', ttlMs: FAR_MS, params: {} };
      for (let left = expiryRunning; left > 0; left -= BATCH)
        await mayfly.submitBatch(Array.from({ length: Math.min(BATCH, left) }, () => held));
      await until(async () => (await countRunning(ground)) >= expiryRunning);
      const usage = meter(ground, { processes: new Map() });
      await mayfly.submitBatch(dueTasks(expiryDue, expiryMs));
      await pause(LEAD_MS + expiryMs + PATIENCE_MS);
      return { figures: await readLateness(ground, expiryDue), usage: usage.read() };
    } finally {
      await mayfly.close();
    }
  },
};

function dueTasks(count: number, spreadMs: number): Submission[] {
  return Array.from({ length: count }, (_, index): Submission[] => {
    const inMs = LEAD_MS + Math.round((index / count) * spreadMs);
    return [
      { type: 'bench.hold', ttlMs: inMs, params: {} },
      { type: 'bench.noop', ttlMs: 60_000, params: { n: 1 }, delayMs: inMs },
    ];
  }).flat();
}

async function countRunning({ database }: Ground): Promise<number> {
  const { rows } = await withClient(database, (client) =>
    client.query<{ count: number }>('select count(*)::integer as count from mayfly.running'),
  );
  return rows[0]?.count ?? 0;
}

async function readLateness({ database }: Ground, count: number): Promise<Record<string, number>> {
  return withClient(database, async (client) => {
    const late = async (expression: string, condition: string): Promise<number[]> => {
      const { rows } = await client.query<{ late: number }>(
        `select (extract(epoch from ${expression}) * 1000)::float8 as late
         from mayfly.finished join mayfly.task on task.id = finished.task_id where ${condition}`,
      );
      if (rows.length !== count)
        throw new Error(`${rows.length} of ${count} tasks ended: ${condition}`);
      return rows.map((row) => row.late);
    };
    return {
      ...durations(
        'expired',
        await late(
          `finished.finished_at - finished.started_at - task.ttl_ms * interval '1 ms'`,
          `finished.status = 'expired'`,
        ),
      ),
      ...durations(
        'woken',
        await late(
          'finished.started_at - task.run_at',
          `finished.status = 'completed' and task.run_at is not null`,
        ),
      ),
    };
  });
}
