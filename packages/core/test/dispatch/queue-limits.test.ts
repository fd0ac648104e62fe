import type { Submission } from '@mayfly/contracts';
import { ManualClock, openTwoStores, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from './harness.ts';

// Goal: limits and pauses hold on all servers, and what waits behind them starts as soon as it may.
// Method: two cores on one database, with polling out of the way, so that only signals can help.
describe('controls of queues', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  /** Two servers that hear of each other. */
  async function openTwo(): Promise<Harness[]> {
    const stores = await openTwoStores(server);
    return Promise.all(stores.map((store) => Harness.open(server, { store })));
  }

  const submitMany = async (harness: Harness, count: number, changes: Partial<Submission> = {}) => {
    for (let n = 0; n < count; n++) await harness.submit(changes);
  };

  it('start the next task when one of the same queue has ended', async () => {
    await using harness = await Harness.open(server);
    await harness.core.queues.change('default', { concurrency: 1 });
    const worker = await harness.worker(4);
    await submitMany(harness, 2, { concurrencyKey: 'k' });
    const first = await worker.nextAssignment();
    expect((await harness.store.reader.stats(1)).running).toBe(1);
    worker.report(first, 'completed');
    const second = await worker.nextAssignment();
    expect(second.taskId).not.toBe(first.taskId);
  });

  it('hold on two servers together, and a place that one frees is used by the other', async () => {
    const servers = await openTwo();
    await using here = servers[0] as Harness;
    await using there = servers[1] as Harness;
    await here.core.queues.change('default', { concurrency: 3 });
    const busy = await here.worker(8);
    await submitMany(here, 6);
    const held = [
      await busy.nextAssignment(),
      await busy.nextAssignment(),
      await busy.nextAssignment(),
    ];
    const idle = await there.worker(8);
    busy.disconnect();
    const back = await here.worker(0, busy.incarnation, held);
    const [first] = held;
    if (first) back.report(first, 'completed');
    await idle.nextAssignment();
    expect((await here.store.reader.stats(1)).running).toBe(3);
  });

  it('pause and resume on every server', async () => {
    const servers = await openTwo();
    await using here = servers[0] as Harness;
    await using there = servers[1] as Harness;
    const task = await here.submit();
    await here.core.queues.pause('default');
    const worker = await there.worker(1);
    expect(await here.store.reader.stats(1)).toMatchObject({ running: 0 });
    await here.core.queues.resume('default');
    expect((await worker.nextAssignment()).taskId).toBe(task.id);
  });

  it('start the next task when the time of the rate limit allows it', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock, lifetimes: { pollMs: 1e9 } });
    await harness.core.queues.change('default', { rateLimit: { count: 1, perMs: 300 } });
    await submitMany(harness, 2, { ttlMs: 86_400_000 });
    const worker = await harness.worker(2);
    const first = await worker.nextAssignment();
    const next = worker.nextAssignment();
    const seen = { arrived: false };
    void next.then(() => (seen.arrived = true));
    while (!seen.arrived) {
      // A worker that is not heard would get nothing.
      worker.say({ heartbeat: 1 });
      await harness.store.ping();
      await clock.advance(5);
    }
    const started = async (id: string): Promise<number> =>
      Date.parse((await harness.get(id)).startedAt ?? '');
    const apart = (await started((await next).taskId)) - (await started(first.taskId));
    expect(apart).toBeGreaterThanOrEqual(299);
  });

  it('do not hold up other queues', async () => {
    await using harness = await Harness.open(server);
    await harness.submit({ queue: 'stuck' });
    await harness.core.queues.pause('stuck');
    const worker = await harness.worker(1);
    const task = await harness.submit({ queue: 'free' });
    expect((await worker.nextAssignment()).taskId).toBe(task.id);
  });

  it('are forgotten by none when they are taken away', async () => {
    const servers = await openTwo();
    await using here = servers[0] as Harness;
    await using there = servers[1] as Harness;
    await here.core.queues.change('default', { concurrency: 1 });
    await submitMany(here, 3);
    const worker = await there.worker(3);
    await worker.nextAssignment();
    await here.core.queues.change('default', { concurrency: null });
    await worker.nextAssignment();
    await worker.nextAssignment();
  });
});
