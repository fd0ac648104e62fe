import { randomInt } from 'node:crypto';
import type { Clock, Log } from '@mayfly/contracts';
import type { Store } from '@mayfly/core';
import { Database, type ConnectionSettings } from '../sql/database.ts';
import { migrate } from '../sql/migrate.ts';
import { createSessions } from '../sql/sessions.ts';
import { PostgresControlStore } from './control-store.ts';
import { PostgresDispatchStore } from './dispatch-store.ts';
import { PostgresKeeperStore } from './keeper-store.ts';
import { PostgresKeyStore } from './key-store.ts';
import { PostgresQueueStore } from './queue-store.ts';
import { PostgresRetentionStore } from './retention-store.ts';
import { ReleaseDesk } from './releases.ts';
import { PostgresScheduleStore } from './schedule-store.ts';
import { createServerHints } from './server-hints.ts';
import { PostgresSubmissionStore } from './submission-store.ts';
import { PostgresTaskReader } from './task-reader.ts';
import { PostgresWebhookStore } from './webhook-store.ts';
import { PostgresWorkerStore } from './worker-store.ts';

const HOT_CONNECTIONS = 8;
const READ_CONNECTIONS = 4;

/** Rows of one tally that this process writes side by side. */
const TALLY_SLOTS = 8;
const TALLY_WRITERS = 64;

/** A read that takes longer than this is cut off; narrower filters are the remedy. */
const READ_TIMEOUT_MS = 30_000;

/**
 * The store on PostgreSQL, with its schema brought up to date.
 *
 * @throws MayflyError `store.unavailable` or `store.newer_schema`
 */
export async function openPostgresStore(
  settings: ConnectionSettings,
  surroundings: { clock: Clock; log: Log },
): Promise<Store> {
  await migrate(settings);
  // The statements of the hot path are made for their indexes. Statistics of tables that fill and
  // empty within seconds are always stale, and must not talk the planner into reading them whole.
  const hot = new Database(settings, {
    connections: HOT_CONNECTIONS,
    flags: ['enable_seqscan=off', 'plan_cache_mode=force_generic_plan', 'jit=off'],
  });
  const read = new Database(settings, {
    connections: READ_CONNECTIONS,
    flags: [`statement_timeout=${READ_TIMEOUT_MS}`, 'jit=off'],
  });
  const sessions = createSessions(settings);
  const hints = createServerHints(hot, sessions, surroundings);
  const releases = new ReleaseDesk();
  const keeper = new PostgresKeeperStore(hot, sessions, tallySlots(), releases);
  await keeper.tidy();
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await hints.close();
    await Promise.all([hot.close(), read.close()]);
  };
  return {
    submissions: new PostgresSubmissionStore(hot, tallySlots(), releases),
    dispatch: new PostgresDispatchStore(hot, tallySlots(), releases),
    control: new PostgresControlStore(hot, tallySlots(), releases),
    reader: new PostgresTaskReader(read),
    workers: new PostgresWorkerStore(hot),
    queues: new PostgresQueueStore(hot, read, tallySlots()),
    keeper,
    retention: new PostgresRetentionStore(hot),
    keys: new PostgresKeyStore(read),
    schedules: new PostgresScheduleStore(hot, tallySlots(), releases),
    webhooks: new PostgresWebhookStore(hot),
    hints,
    releases,
    async ping() {
      await read.run('ping', []);
    },
    close: () => (closed ??= close()),
  };
}

/** Writers add to different rows of a tally, so that they do not wait for each other's commit. */
function tallySlots(): () => number {
  const first = randomInt(TALLY_WRITERS) * TALLY_SLOTS;
  let turn = 0;
  return () => first + (turn++ % TALLY_SLOTS);
}
