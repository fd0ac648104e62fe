import { requirePart } from '@mayfly/testkit';
import { openCodeSandbox } from '@mayfly/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContenderName } from '../contenders/contender.ts';
import { LOADS } from '../loads/all.ts';
import type { Figures } from '../loads/load.ts';
import { runOnce } from '../runner/run-once.ts';
import { startServers, type Servers } from '../runner/servers.ts';
import { SIZES, type Sizes } from '../sizes.ts';
import { findRedis } from '../support/redis.ts';

// Each kind of load in small, as it runs for real: in a process of its own, on real servers.

const TINY: Sizes = {
  ...SIZES.quick,
  backlogTasks: 500,
  submitMs: 50,
  batchTasks: 500,
  latencyProbes: 5,
  latencyMs: 500,
  steadyMs: 2000,
  steadyPerSecond: 50,
  waitingDrained: 500,
  stuckTasks: 500,
  expiryRunning: 200,
  expiryScheduled: 500,
  expiryDue: 20,
  expiryMs: 500,
  kills: 3,
  cancels: 2,
  programs: 2,
  bloatTasks: 20_000,
};

const sandbox = await openCodeSandbox().catch((error: Error) => error);
const hasSandbox = requirePart(
  'the sandbox',
  !(sandbox instanceof Error),
  sandbox instanceof Error ? sandbox.message : '',
);
if (!(sandbox instanceof Error)) await sandbox.close();

const hasRedis = requirePart(
  'Redis',
  findRedis() !== undefined,
  'Install it: apt install redis-server',
);

/** Everything of some loads would take minutes and show nothing new. */
const CASES: [load: string, contender: ContenderName][] = [
  ['submit', 'mayfly-apart'],
  ['backlog', 'mayfly'],
  ['backlog', 'mayfly-apart'],
  ['backlog', 'graphile-worker'],
  ['backlog', 'pg-boss'],
  ['backlog', 'bullmq'],
  ['batch', 'mayfly'],
  ['latency', 'mayfly-apart'],
  ['waiting-10k', 'mayfly'],
  ['waiting-10k', 'graphile-worker'],
  ['stuck', 'mayfly'],
  ['stuck', 'graphile-worker'],
  ['steady', 'mayfly-apart'],
  ['bloat', 'mayfly'],
  ['expiry', 'mayfly'],
  ['kills', 'mayfly'],
  ['cancel', 'mayfly-apart'],
  ['programs', 'mayfly'],
];

describe('a tiny load', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers.stop());

  it.each(CASES.filter(canRun))('%s of %s gives its figures', async (name, contender) => {
    const load = LOADS.find((candidate) => candidate.name === name);
    if (!load) throw new Error(`there is no load ${name}`);
    const { figures, usage } = await runOnce(servers, load, contender, TINY);
    const wanted = Object.keys(load.figures).filter((figure) => isMeasured(figure, contender));
    expect(Object.keys(figures).toSorted()).toEqual(wanted.toSorted());
    expect(notFinite(figures)).toEqual([]);
    expect(usage.map(({ mib }) => mib > 1)).not.toContain(false);
    expect(usage.length).toBeGreaterThan(1);
  });

  it('knows the settings that make a comparison fair', () => {
    expect(servers.postgresSettings).toMatchObject({ fsync: 'on', synchronous_commit: 'on' });
  });

  it('that fails tells who, and why', async () => {
    const load = LOADS.find(({ name }) => name === 'backlog');
    const without = { ...servers, redis: null };
    const run = load && runOnce(without, load, 'bullmq', TINY);
    await expect(run).rejects.toThrow(/backlog for bullmq failed: .*BullMQ needs Redis/);
  });
});

function canRun([load, contender]: (typeof CASES)[number]): boolean {
  if (contender === 'bullmq') return hasRedis;
  return hasSandbox || !['kills', 'programs'].includes(load);
}

/** What only some contenders have. */
function isMeasured(figure: string, contender: ContenderName): boolean {
  if (figure === 'bare') return contender === 'mayfly-apart';
  if (figure === 'claim') return contender === 'mayfly';
  return true;
}

function notFinite(figures: Figures): string[] {
  return Object.entries(figures).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [name]));
}
