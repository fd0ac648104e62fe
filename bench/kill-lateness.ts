import { readdirSync, readFileSync } from 'node:fs';
import {
  LIMITS,
  silentLog,
  submissionSchema,
  systemClock,
  type Submission,
} from '@mayfly/contracts';
import { createCore, DEFAULT_LIFETIMES, type Core, type Principal } from '@mayfly/core';
import { openPostgresStore, type ConnectionSettings } from '@mayfly/postgres';
import { createLocalSource } from '@mayfly/server';
import { startWorker } from '@mayfly/worker';
import { endless } from './endless.ts';
import { quantile, type Figures } from './measure.ts';

const TTL_MS = 500;

/** Few at a time: with every core in a busy loop the lateness of the scheduler would be measured. */
const CONCURRENCY = 2;

const OWNER: Principal = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'bench',
  claims: ['admin'],
};

const KINDS: Record<string, Omit<Submission, 'ttlMs'>> = {
  'process handlers': { type: 'bench.endless', params: {} },
  'sandboxed code': { type: 'code.run', params: { runtime: 'bash', code: 'while :; do :; done' } },
};

/**
 * How long past its TTL code lives that does nothing but stay, from the attempts' own records: time
 * of the confirmed death, when the whole tree is gone, less start and TTL.
 *
 * @param count kills of each kind
 */
export async function measureKills(database: ConnectionSettings, count: number): Promise<Figures> {
  const surroundings = { clock: systemClock, log: silentLog };
  const store = await openPostgresStore(database, surroundings);
  const core = await createCore({
    ...surroundings,
    store,
    lifetimes: DEFAULT_LIFETIMES,
    ttlMsMax: 86_400_000,
    retentionMs: LIMITS.retentionMsDefault,
    random: Math.random,
  });
  core.keeper.start();
  const worker = await startWorker({
    ...surroundings,
    server: createLocalSource(core.dispatcher),
    handlers: [endless],
    concurrency: CONCURRENCY,
  });
  const figures: Figures = {};
  const before = new Set(listDescendants());
  for (const [kind, submission] of Object.entries(KINDS)) {
    const latenesses = await killMany(core, submission, count);
    figures[`kill past the TTL, ${kind}, p50 (ms)`] = quantile(latenesses, 0.5);
    figures[`kill past the TTL, ${kind}, p99 (ms)`] = quantile(latenesses, 0.99);
    figures[`kill past the TTL, ${kind}, worst (ms)`] = latenesses.at(-1) ?? Number.NaN;
  }
  figures['survivors'] = listDescendants().filter((pid) => !before.has(pid)).length;
  await worker.drain(1000);
  await core.close();
  await store.close();
  return figures;
}

/** @returns milliseconds past the TTL, ascending */
async function killMany(
  core: Core,
  submission: Omit<Submission, 'ttlMs'>,
  count: number,
): Promise<number[]> {
  const checked = submissionSchema.parse({ ...submission, ttlMs: TTL_MS });
  const submissions = Array.from({ length: count }, () => checked);
  const ended = Promise.withResolvers<void>();
  let left = count;
  const unsubscribe = core.feed.subscribe((event) => {
    if (event.status === 'expired' && --left === 0) ended.resolve();
  });
  const { tasks } = await core.submissions.submitBatch(OWNER, submissions);
  await ended.promise;
  unsubscribe();
  const latenesses: number[] = [];
  for (const { id } of tasks) {
    const [attempt] = await core.queries.attempts(OWNER, id);
    const confirmedAt = attempt?.stop?.confirmedAt;
    if (!attempt || !confirmedAt) throw new Error(`the death of task ${id} was not confirmed`);
    latenesses.push(Date.parse(confirmedAt) - Date.parse(attempt.startedAt) - TTL_MS);
  }
  return latenesses.sort((a, b) => a - b);
}

/** Living processes that this one has started, and theirs. */
function listDescendants(): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      if (state !== 'Z' && name !== 'postgres') parents.set(Number(entry), Number(parent));
    } catch (error) {
      // A process may end while we look.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return [...parents.keys()].filter(isOurs);
}
