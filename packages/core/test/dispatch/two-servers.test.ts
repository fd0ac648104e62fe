import { ManualClock, openTwoStores, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME, type FakeWorker } from './harness.ts';

// The worker never says a heartbeat here: what reaches it was brought by the nudge.
describe('what is asked at another server', () => {
  let database: TestServer;
  beforeAll(async () => {
    database = await startDatabase('memory:');
  });
  afterAll(() => database.stop());

  async function open(): Promise<{ here: Harness; there: Harness; worker: FakeWorker }> {
    const [first, second] = await openTwoStores(database);
    const here = await Harness.open(database, { store: first });
    const there = await Harness.open(database, { store: second });
    return { here, there, worker: await there.worker() };
  }

  it('stops a task at once', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    const task = await there.submit({ graceMs: 7 });
    await worker.nextAssignment();
    expect((await here.core.control.cancel(ME, task.id)).status).toBe('running');
    const { stops } = await worker.next((frame) => frame.stops.length > 0);
    expect(stops).toEqual([{ taskId: task.id, attempt: 1, reason: 'cancel', graceMs: 7 }]);
  });

  it('moves a deadline', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    const task = await there.submit({ ttlMs: 60_000 });
    await worker.nextAssignment();
    await here.core.control.change(ME, task.id, { ttlMs: 600_000 });
    const { deadlines } = await worker.next((frame) => frame.deadlines.length > 0);
    expect(deadlines).toMatchObject([{ taskId: task.id, attempt: 1 }]);
    expect(deadlines[0]?.ttlMs).toBeGreaterThan(300_000);
  });

  it('drains a worker, which gets nothing more', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    expect(await here.core.dispatcher.drainWorker(worker.incarnation)).toBe(true);
    await worker.next((frame) => frame.drain);
    const other = await there.worker(0);
    const task = await there.submit();
    other.say({ credits: 1 });
    expect(await other.nextAssignment()).toMatchObject({ taskId: task.id });
    expect(worker.frames.flatMap((frame) => frame.assignments)).toEqual([]);
    expect(await here.core.dispatcher.drainWorker(crypto.randomUUID())).toBe(false);
  });

  it('is not claimed for a worker that has come here from there, where the line still seems open', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    const moved = await here.worker(0, worker.incarnation);
    const task = await there.submit();
    while (worker.closedFor === undefined) await there.store.ping();
    expect(worker.frames.flatMap((frame) => frame.assignments)).toEqual([]);
    moved.say({ credits: 1 });
    expect(await moved.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 1 });
  });

  it('starts in the slot of an attempt that is given back', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    await there.core.queues.change('default', { concurrency: 1 });
    let heard = Promise.withResolvers<void>();
    here.store.hints.ready.onAnnounced(() => heard.resolve());
    const task = await there.submit();
    expect(await worker.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 1 });
    await heard.promise; // That was the submission.
    heard = Promise.withResolvers<void>();
    const other = await here.worker();
    worker.say({ returned: [{ taskId: task.id, attempt: 1 }] });
    await heard.promise;
    expect(await other.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
  });

  it.each(['raised', 'cancelled'] as const)(
    'is not undone by the server that the worker has left: %s',
    async (what) => {
      const [first, second] = await openTwoStores(database);
      const clock = new ManualClock();
      await using here = await Harness.open(database, { store: first });
      await using there = await Harness.open(database, { store: second, clock });
      const worker = await there.worker();
      const retry = { retryOn: ['expired' as const], maxAttempts: 3 };
      const task = await there.submit({ ttlMs: 60_000, retry });
      const ref = { taskId: task.id, attempt: 1 };
      await worker.nextAssignment();
      const moved = await here.worker(0, worker.incarnation, [ref]);
      if (what === 'raised') await here.core.control.change(ME, task.id, { ttlMs: 600_000 });
      else await here.core.control.cancel(ME, task.id);
      // It asks the store what it may believe when its word was refused.
      const asked = Promise.withResolvers<void>();
      const { dispatch } = there.store;
      const listHeld = dispatch.listHeld.bind(dispatch);
      dispatch.listHeld = (id) => listHeld(id).finally(() => asked.resolve());
      await clock.advance(60_100);
      await asked.promise;
      expect((await here.get(task.id)).status).toBe('running');
      moved.report(ref, what === 'raised' ? 'completed' : 'cancelled', { stopConfirmedAgoMs: 0 });
      await here.until(task.id, what === 'raised' ? 'completed' : 'cancelled');
    },
  );

  it('comes with the next heartbeat when the nudge is lost', async () => {
    const { here, there, worker } = await open();
    await using _ = here;
    await using __ = there;
    await there.store.workers.setDraining(worker.incarnation);
    worker.say({ heartbeat: 1 });
    await worker.next((frame) => frame.drain);
  });
});
