import type { Submission } from '@mayfly/contracts';
import { untilEnded } from '../support/ended.ts';
import { perSecond, durations } from '../statistics.ts';
import { withClient } from '../support/fill.ts';
import { MayflyInProcess } from '../support/mayfly-in-process.ts';
import { meter } from '../support/metered.ts';
import { durationKinds, rateKind, type Ground, type Load } from './load.ts';

const PROGRAM: Submission = {
  type: 'code.run',
  ttlMs: 10_000,
  params: { runtime: 'python', code: 'print(6 * 7)' },
};

export const programs: Load = {
  name: 'programs',
  title: 'Sandboxed Python programs',
  about:
    'A program of one line in a sandbox of its own. One at a time: from the start of the attempt to its recorded end. Then as many at a time as there are cores.',
  figures: { ...durationKinds('run', 'one run'), rate: rateKind('runs, on all cores') },
  contenders: ['mayfly'],
  once: true,
  async measure(ground) {
    const { programs } = ground.sizes;
    const mayfly = await MayflyInProcess.start(ground.database);
    try {
      await mayfly.work([], { concurrency: ground.cores, types: ['code.run'] });
      const usage = meter(ground, { processes: new Map() });
      for (let done = 1; done <= programs; done++) {
        await mayfly.submit(PROGRAM);
        await untilEnded(ground.database, 'completed', done);
      }
      const figures = durations('run', await readRuns(ground));
      const from = performance.now();
      await mayfly.submitBatch(Array.from({ length: programs }, () => PROGRAM));
      await untilEnded(ground.database, 'completed', 2 * programs);
      return { figures: { ...figures, rate: perSecond(programs, from) }, usage: usage.read() };
    } finally {
      await mayfly.close();
    }
  },
};

async function readRuns({ database }: Ground): Promise<number[]> {
  const { rows } = await withClient(database, (client) =>
    client.query<{ ms: number }>(
      `select (extract(epoch from finished_at - started_at) * 1000)::float8 as ms from mayfly.finished`,
    ),
  );
  return rows.map(({ ms }) => ms);
}
