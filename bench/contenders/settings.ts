import type { ContenderName } from './contender.ts';

/** Tasks at one time, for everybody who takes such a number and does not advise another one. */
export const CONCURRENCY = 24;

/** As in graphile-worker's own performance test. */
export const GRAPHILE = { localQueue: 500, completeDelayMs: 0 };

export const PG_BOSS = { batchSize: 500, pollingSeconds: 0.5 };

export const BULLMQ = { concurrency: 100, bulk: 1000, keep: 1000 };

/** What was set up, so that a reader can judge it. */
export const SETTINGS: Record<ContenderName, string> = {
  mayfly: `server and worker in one process, concurrency ${CONCURRENCY}, all else default: keys, checks, records kept`,
  'mayfly-apart': `mayfly serve and mayfly worker as processes, HTTP through the SDK with a key, gRPC between them; concurrency ${CONCURRENCY}, all else default`,
  'graphile-worker': `concurrency ${CONCURRENCY}, local queue ${GRAPHILE.localQueue}, completion batched (delay 0), as its performance page advises; done jobs are deleted`,
  'pg-boss': `batches of ${PG_BOSS.batchSize}, LISTEN/NOTIFY on, fetches on while batches are full, polls each ${PG_BOSS.pollingSeconds} s; done jobs are kept`,
  bullmq: `Redis with appendonly yes and appendfsync everysec, as its page for production advises: a crash of the machine loses up to a second; concurrency ${BULLMQ.concurrency}, bulk adds of ${BULLMQ.bulk}, the last ${BULLMQ.keep} done jobs are kept`,
};
