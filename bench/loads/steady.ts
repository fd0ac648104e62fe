import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type Submission } from '@mayfly/client';
import pg from 'pg';
import { connectionUrl } from '../contenders/connection-url.ts';
import { CONCURRENCY } from '../contenders/settings.ts';
import { openLoop } from '../support/closed-loop.ts';
import { API_KEY } from '../support/mayfly-in-process.ts';
import { MayflyProcess } from '../support/mayfly-process.ts';
import { meter } from '../support/metered.ts';
import { memoryMib } from '../support/process-usage.ts';
import { Sampler } from '../support/sampler.ts';
import { durations } from '../statistics.ts';
import { durationKinds, rateKind, type Ground, type Load, type Measured } from './load.ts';

const TYPES = ['bench.noop', 'bench.wait', 'bench.flaky'];
const TTL_MS = 30_000;
const SETTLE_MS = 1500;

/** Of each ten tasks. */
const MIX: Submission[] = [
  ...Array.from({ length: 6 }, () => ({ type: 'bench.noop', ttlMs: TTL_MS, params: { n: 0 } })),
  { type: 'bench.noop', ttlMs: TTL_MS, params: { n: 0 }, priority: 10, labels: { of: 'bench' } },
  { type: 'bench.noop', ttlMs: TTL_MS, params: { n: 0 }, delayMs: 500 },
  { type: 'bench.wait', ttlMs: TTL_MS, params: { ms: 10 } },
  {
    type: 'bench.flaky',
    ttlMs: TTL_MS,
    params: {},
    retry: { maxAttempts: 2, backoff: 'fixed', delayMs: 200 },
  },
];

export const steady: Load = {
  name: 'steady',
  title: 'Steady mixed load',
  about:
    'Server and worker as processes; tasks come over HTTP at a steady rate. Of ten, six do nothing, and one each has a priority and a label, starts half a second later, waits 10 ms, fails and is tried again. Memory is read each second.',
  figures: {
    rate: rateKind('done'),
    ...durationKinds('submit', 'submission'),
    left: { title: 'unfinished at the end', unit: 'count', better: 'less' },
    serverMib: { title: 'memory of the server at the end', unit: 'MiB', better: 'less' },
    serverGrowth: { title: 'the same, against the middle', unit: 'times', better: 'less' },
    workerMib: { title: 'memory of the worker at the end', unit: 'MiB', better: 'less' },
    workerGrowth: { title: 'the same, against the middle', unit: 'times', better: 'less' },
  },
  contenders: ['mayfly-apart'],
  once: true,
  async measure(ground) {
    const server = await MayflyProcess.server(connectionUrl(ground.database));
    const worker = await MayflyProcess.worker(server.url, TYPES, CONCURRENCY);
    try {
      return await run(ground, server, worker);
    } finally {
      await worker.close();
      await server.close();
    }
  },
};

async function run(
  ground: Ground,
  server: MayflyProcess,
  worker: MayflyProcess,
): Promise<Measured> {
  const { steadyMs, steadyPerSecond } = ground.sizes;
  const client = createClient({ url: server.url, apiKey: API_KEY });
  const processes = new Map([
    ['server', server.pid],
    ['worker', worker.pid],
  ]);
  const usage = meter(ground, { processes });
  const readers = [...processes].map(([name, pid]) => [name, () => memoryMib(pid)] as const);
  const sampler = new Sampler('MiB', new Map(readers));
  const took: number[] = [];
  const submitOne = async (number: number): Promise<void> => {
    const from = performance.now();
    await client.submit(MIX[number % MIX.length] as Submission);
    took.push(performance.now() - from);
  };
  const count = await openLoop(submitOne, { perSecond: steadyPerSecond, until: pause(steadyMs) });
  const used = usage.read();
  const series = sampler.stop();
  await pause(SETTLE_MS);
  const done = await countCompleted(ground);
  const memory = Object.fromEntries(
    series.flatMap(({ name, points }) => {
      const last = points.at(-1)?.[1] ?? Number.NaN;
      const middle = points[Math.floor(points.length / 2)]?.[1] ?? Number.NaN;
      return [
        [`${name}Mib`, last],
        [`${name}Growth`, last / middle],
      ];
    }),
  );
  const rate = done / (steadyMs / 1000);
  const figures = { rate, ...durations('submit', took), left: count - done, ...memory };
  return { figures, usage: used, series };
}

async function countCompleted({ database }: Ground): Promise<number> {
  const client = new pg.Client(database);
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::float8 as count from mayfly.finished where status = 'completed'`,
  );
  await client.end();
  return rows[0]?.count ?? 0;
}
