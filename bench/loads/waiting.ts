import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { silentLog, systemClock } from '@mayfly/contracts';
import type { SessionRef, Store } from '@mayfly/core';
import { openPostgresStore } from '@mayfly/postgres';
import type { Contender } from '../contenders/contender.ts';
import { withContender } from '../contenders/open-contender.ts';
import { perSecond, quantile } from '../statistics.ts';
import { fill, WAITING_IN_GRAPHILE, WAITING_IN_MAYFLY, withClient } from '../support/fill.ts';
import { meter } from '../support/metered.ts';
import { ON_POSTGRES, rateKind, type Figures, type Ground, type Load } from './load.ts';

const CLAIMS = 100;
const CLAIM_TASKS = 50;

/** The same load with fewer and with more tasks that wait. */
export const waiting: Load[] = [
  withWaiting('10k', 10_000, ['quick', 'normal', 'full']),
  withWaiting('100k', 100_000, ['quick']),
  withWaiting('1m', 1_000_000, ['normal', 'full']),
  withWaiting('10m', 10_000_000, ['full']),
];

function withWaiting(label: string, count: number, sizes: Load['sizes'] & {}): Load {
  return {
    name: `waiting-${label}`,
    title: `Claims with ${count.toLocaleString('en')} waiting`,
    about:
      'So many tasks wait while workers take some thousands of them; the first fifth is for warming up. A claim is one call of the store for 50 tasks; only Mayfly lets us time it alone. The waiting tasks of Mayfly and graphile-worker are inserted by SQL, those of pg-boss by its own insert; then all tables are vacuumed and analysed.',
    figures: {
      rate: rateKind('taken'),
      claim: { title: 'one claim, p50', unit: 'ms', better: 'less' },
    },
    contenders: ON_POSTGRES,
    once: count > 10_000,
    sizes,
    measure: (ground) => withContender(ground, (contender) => drainSome(ground, contender, count)),
  };
}

async function drainSome(
  ground: Ground,
  contender: Contender,
  count: number,
): ReturnType<Load['measure']> {
  const { waitingDrained } = ground.sizes;
  // The first one makes what the others refer to.
  await contender.submitOne();
  await addWaiting(ground, contender, count + waitingDrained);
  const figures: Figures = {};
  if (ground.contender === 'mayfly') figures['claim'] = await timeClaims(ground);
  const warmUp = waitingDrained / 5;
  await contender.work();
  await contender.untilStarted(warmUp);
  const usage = meter(ground, contender);
  const from = performance.now();
  await contender.untilStarted(waitingDrained);
  figures['rate'] = perSecond(waitingDrained - warmUp, from);
  return { figures, usage: usage.read() };
}

async function addWaiting(ground: Ground, contender: Contender, count: number): Promise<void> {
  if (ground.contender === 'mayfly') return fill(ground.database, WAITING_IN_MAYFLY, count);
  if (ground.contender === 'graphile-worker')
    return fill(ground.database, WAITING_IN_GRAPHILE, count);
  await contender.submitBatch(count);
  await withClient(ground.database, (client) => client.query('vacuum analyze'));
}

/** @returns milliseconds, the median */
async function timeClaims({ database }: Ground): Promise<number> {
  const store = await openPostgresStore(database, { clock: systemClock, log: silentLog });
  try {
    const lanes = await store.workers.listLanes(0);
    const laneIds = lanes.filter(({ type }) => type === 'bench.noop').map(({ id }) => id);
    const sessions = [await registerClaimer(store)];
    const slots = Array.from({ length: CLAIM_TASKS }, () => sessions[0]?.workerId as string);
    const times: number[] = [];
    for (let n = 0; n < CLAIMS; n++) {
      const from = performance.now();
      const { attempts } = await store.dispatch.claim({ laneIds, slots, sessions });
      times.push(performance.now() - from);
      if (attempts.length !== CLAIM_TASKS) throw new Error(`a claim gave ${attempts.length} tasks`);
    }
    return quantile(
      times.sort((a, b) => a - b),
      0.5,
    );
  } finally {
    await store.close();
  }
}

async function registerClaimer({ workers }: Store): Promise<SessionRef> {
  const workerId = randomUUID();
  const session = await workers.register(
    {
      incarnation: workerId,
      name: 'claims of the bench',
      host: hostname(),
      pid: process.pid,
      version: '0',
      concurrency: CLAIM_TASKS,
      queues: [],
      types: [],
      runtimes: [],
      sandbox: null,
    },
    60_000,
  );
  if (session === null) throw new Error('a new worker has lost its lease');
  return { workerId, session };
}
