import type { Submission } from '@mayfly/contracts';
import { endless } from '../handlers.ts';
import { durations } from '../statistics.ts';
import { untilEnded } from '../support/ended.ts';
import { withClient } from '../support/fill.ts';
import { MayflyInProcess } from '../support/mayfly-in-process.ts';
import { meter } from '../support/metered.ts';
import { listDescendants } from '../support/process-usage.ts';
import { durationKinds, type Ground, type Load } from './load.ts';

const TTL_MS = 200;

/** Few at a time: with every core in a busy loop the lateness of the scheduler would be measured. */
const CONCURRENCY = 2;

const KINDS: [prefix: string, title: string, task: Submission][] = [
  ['process', 'process handler', { type: 'bench.endless', ttlMs: TTL_MS, params: {} }],
  [
    'code',
    'sandboxed code',
    {
      type: 'code.run',
      ttlMs: TTL_MS,
      params: { runtime: 'bash', code: 'while :; do :; done' },
    },
  ],
];

export const kills: Load = {
  name: 'kills',
  title: 'Kills at the TTL',
  about:
    'Code that never ends and keeps a core busy, two at a time. How long it lives past its TTL: from the attempt’s own record, when the death of the whole tree is confirmed, less start and TTL. Afterwards all living processes are looked through.',
  figures: {
    ...Object.assign({}, ...KINDS.map(([prefix, title]) => durationKinds(prefix, title))),
    survivors: { title: 'survivors', unit: 'count', better: 'less' },
  },
  contenders: ['mayfly'],
  once: true,
  async measure(ground) {
    const mayfly = await MayflyInProcess.start(ground.database);
    try {
      const types = ['bench.endless', 'code.run'];
      await mayfly.work([endless], { concurrency: CONCURRENCY, types });
      const before = new Set(listDescendants('postgres'));
      const usage = meter(ground, { processes: new Map() });
      const figures: Record<string, number> = {};
      let killed = 0;
      for (const [prefix, , task] of KINDS) {
        const tasks = Array.from({ length: ground.sizes.kills }, () => task);
        const ids = await mayfly.submitBatch(tasks);
        killed += ids.length;
        await untilEnded(ground.database, 'expired', killed);
        Object.assign(figures, durations(prefix, await readLateness(ground, ids)));
      }
      const survivors = listDescendants('postgres').filter((pid) => !before.has(pid));
      figures['survivors'] = survivors.length;
      return { figures, usage: usage.read() };
    } finally {
      await mayfly.close();
    }
  },
};

/** @returns milliseconds past the TTL, of tasks that have all expired */
async function readLateness({ database }: Ground, ids: string[]): Promise<number[]> {
  return withClient(database, async (client) => {
    const { rows } = await client.query<{ late: number | null }>(
      `select (extract(epoch from stop_confirmed_at - started_at) * 1000)::float8 - $2 as late
       from mayfly.finished where task_id = any ($1) and status = 'expired'`,
      [ids, TTL_MS],
    );
    const late = rows.flatMap((row) => row.late ?? []);
    if (late.length !== ids.length) {
      throw new Error(`the death of ${ids.length - late.length} tasks was not confirmed`);
    }
    return late;
  });
}
