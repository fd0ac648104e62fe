import type { AttemptRef } from '@mayfly/contracts/worker-protocol';
import { ManualClock, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME } from './harness.ts';

// Goal: a worker learns when an attempt is over, however long the word of it takes.
describe('the deadline of an attempt', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it('is told on the clock of the worker, from its fastest frame', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker(0);
    worker.say({ sentAtMs: 70_000 });
    await clock.advance(200);
    worker.say({ sentAtMs: 70_000, credits: 1 });
    await harness.submit({ ttlMs: 30_000 });
    const { ttlMs, deadlineAtMs } = await worker.nextAssignment();
    expect(ttlMs).toBe(30_000);
    // The worker's clock may have drifted by 0.1 % of those 200 ms.
    expect(deadlineAtMs).toBeCloseTo(70_200 - 0.2 + 30_000, 0);
  });

  it('is told as a duration alone to a worker that has told no time', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    await harness.submit();
    expect((await worker.nextAssignment()).deadlineAtMs).toBeUndefined();
  });

  it('is told with a moved deadline as well', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker(0);
    worker.say({ sentAtMs: 0, credits: 1 });
    const task = await harness.submit({ ttlMs: 10_000 });
    await worker.nextAssignment();
    await harness.core.control.change(ME, task.id, { ttlMs: 90_000 });
    const { deadlines } = await worker.next((frame) => frame.deadlines.length > 0);
    expect(deadlines[0]?.deadlineAtMs).toBeGreaterThan(80_000);
    expect(deadlines[0]?.deadlineAtMs).toBeLessThanOrEqual(90_000);
  });

  it('comes no later when the answer to the claim does', async () => {
    await using harness = await Harness.open(server, { faults: 'attempt.claimed:delay=400' });
    const worker = await harness.worker();
    await harness.submit({ ttlMs: 5000, totalTtlMs: 60_000 });
    const { ttlMs } = await worker.nextAssignment();
    expect(ttlMs).toBeLessThanOrEqual(5000 - 350);
  });

  it.each([3_600_000, -3_600_000])(
    'does not move when the wall clock of the server steps by %i ms',
    async (stepMs) => {
      const clock = new ManualClock();
      await using harness = await Harness.open(server, { clock });
      const worker = await harness.worker();
      const task = await harness.submit({ ttlMs: 5000 });
      await worker.nextAssignment();
      clock.stepWall(stepMs);
      worker.say({ heartbeat: 1 });
      await worker.next((frame) => frame.lease?.renewed === true);
      await clock.advance(5000);
      expect((await harness.get(task.id)).status).toBe('running');
      await clock.advance(60);
      await harness.until(task.id, 'expired');
      expect(worker.frames.flatMap((frame) => frame.deadlines)).toEqual([]);
    },
  );

  it('has a stop on record when it was, however long the database takes to note it', async () => {
    const clock = new ManualClock();
    await using harness = await Harness.open(server, { clock });
    const worker = await harness.worker(3);
    const refs: AttemptRef[] = [];
    for (let count = 0; count < 3; count++) {
      await harness.submit();
      refs.push(await worker.nextAssignment());
    }
    const { dispatch } = harness.store;
    const settle = dispatch.settle.bind(dispatch);
    const free = Promise.withResolvers<void>();
    const told: number[] = [];
    dispatch.settle = async (items) => {
      told.push(...items.flatMap((item) => item.stopConfirmedAgoMs ?? []));
      await free.promise;
      return settle(items);
    };
    for (const ref of refs) {
      worker.report(ref, 'cancelled', { stopRequestedAgoMs: 20, stopConfirmedAgoMs: 10 });
      await clock.advance(0);
    }
    // Two are on their way to the store, the third one waits for them.
    expect(told).toEqual([10, 10]);
    await clock.advance(300);
    free.resolve();
    for (const { taskId } of refs) await harness.until(taskId, 'cancelled');
    expect(told).toEqual([10, 10, 310]);
  });

  it('does not move because the database answers slowly', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const task = await harness.submit({ ttlMs: 60_000 });
    await worker.nextAssignment();
    await harness.core.control.change(ME, task.id, { ttlMs: 50_000 });
    await worker.next((frame) => frame.deadlines.length > 0);
    const { keeper } = harness.store;
    const list = keeper.listPendingStops.bind(keeper);
    keeper.listPendingStops = async (ids) => {
      const stops = await list(ids);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return stops;
    };
    worker.say({ heartbeat: 1 });
    await worker.next((frame) => frame.lease !== undefined);
    expect(worker.frames.flatMap((frame) => frame.deadlines)).toHaveLength(1);
  });
});
