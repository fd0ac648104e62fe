import { silentLog, systemClock } from '@mayfly/contracts';
import { newTaskId, type NewTask, type Store } from '@mayfly/core';
import { openPostgresStore } from '@mayfly/postgres';
import { startDatabase, type TestServer } from '@mayfly/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../src/sql/statements.ts';
import { OWNER } from './fixture.ts';

// Goal: when a pause has come back, no claim that could not see it is under way any more.
// Method: hold a claim open in a transaction, pause, and look at who waits for whom.
describe('a pause', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it('waits for claims under way, and those that come later see it', async () => {
    const settings = await server.migrated();
    const store = await openPostgresStore(settings, { clock: systemClock, log: silentLog });
    const client = new pg.Client({ ...settings, options: '-c search_path=mayfly' });
    await client.connect();
    try {
      const lane = await store.workers.ensureLane({ queue: 'q', type: 'noop', runtime: '' });
      const tasks = Array.from({ length: 2 }, () => newTask(lane.id));
      await store.submissions.insert([{ tasks, idempotency: null }]);
      const workerId = await register(store);
      const slots = [workerId];
      const sessions = [{ workerId, session: 1 }];
      await client.query('begin');
      const early = await client.query(query('claim'), [[lane.id], slots, slots, [1]]);
      expect(early.rows).toHaveLength(1);
      const order: string[] = [];
      const paused = store.queues.change('q', { paused: true }).then(() => order.push('paused'));
      await waiters(settings, 1);
      const late = store.dispatch.claim({ laneIds: [lane.id], slots, sessions });
      await waiters(settings, 2);
      order.push('claimed');
      await client.query('commit');
      await paused;
      expect(order).toEqual(['claimed', 'paused']);
      expect(await late).toEqual({ attempts: [], moved: [] });
    } finally {
      await client.end();
      await store.close();
    }
  });
});

// Goal: what a server takes over with a worker is all that earlier connections have brought it.
describe('a worker that comes back', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it.each(['claim', 'claim-in-turn'] as const)('waits for a %s under way', async (name) => {
    const settings = await server.migrated();
    const store = await openPostgresStore(settings, { clock: systemClock, log: silentLog });
    const client = new pg.Client({ ...settings, options: '-c search_path=mayfly' });
    await client.connect();
    try {
      const lane = await store.workers.ensureLane({ queue: 'q', type: 'noop', runtime: '' });
      const task = newTask(lane.id);
      await store.submissions.insert([{ tasks: [task], idempotency: null }]);
      if (name === 'claim-in-turn') await store.queues.change('q', { concurrency: 5 });
      const slots = [await register(store)];
      await client.query('begin');
      const turn = name === 'claim' ? [] : [[''], [5]];
      const values = [...(name === 'claim' ? [] : ['q']), [lane.id], slots, ...turn, slots, [1]];
      expect((await client.query(query(name), values)).rows).toHaveLength(1);
      await register(store, slots[0]);
      const held = store.dispatch.listHeldForGood(slots[0] as string);
      await waiters(settings, 1);
      await client.query('commit');
      expect(await held).toMatchObject([{ taskId: task.id, attempt: 1 }]);
    } finally {
      await client.end();
      await store.close();
    }
  });
});

async function register(store: Store, incarnation: string = crypto.randomUUID()): Promise<string> {
  const about = { name: 'w', host: 'h', pid: 1, version: '0', concurrency: 1 };
  const takes = { queues: [], types: [], runtimes: [], sandbox: null };
  await store.workers.register({ incarnation, ...about, ...takes }, 60_000);
  return incarnation;
}

/** Resolves when so many sessions wait for the gate. */
async function waiters(settings: pg.ClientConfig, count: number): Promise<void> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    for (;;) {
      const answer = await client.query(
        "select from pg_locks where relation = 'mayfly.claim_gate'::regclass and not granted",
      );
      if (answer.rowCount === count) return;
    }
  } finally {
    await client.end();
  }
}

function newTask(laneId: number): NewTask {
  return {
    id: newTaskId(0),
    laneId,
    priority: 0,
    ttlMs: 60_000,
    graceMs: 0,
    queueTtlMs: null,
    totalTtlMs: null,
    runAt: null,
    delayMs: null,
    owner: OWNER,
    description: null,
    labels: {},
    retry: null,
    concurrencyKey: null,
    after: [],
    afterPolicy: 'cancel',
    webhook: null,
    paramsJson: '{}',
  };
}
