import { ManualClock, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME } from './harness.ts';

describe('the keeper', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  async function open(lifetimes = {}): Promise<Harness> {
    const harness = await Harness.open(server, { lifetimes });
    harness.core.keeper.start();
    return harness;
  }

  it('wakes a delayed task and hands it out', async () => {
    await using harness = await open();
    const worker = await harness.worker();
    const task = await harness.submit({ delayMs: 30 });
    expect(task.status).toBe('scheduled');
    expect(await worker.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 1 });
  });

  it('starts nothing beside an attempt that may still live, until its death is confirmed', async () => {
    await using harness = await open();
    const worker = await harness.worker(2);
    const task = await harness.submit({ ttlMs: 20 });
    const first = await worker.nextAssignment();
    const { finishedAt } = await harness.until(task.id, 'expired');
    const held = await harness.core.control.retry(ME, task.id);
    expect(held).toMatchObject({ status: 'scheduled', attempt: 1 });
    expect(Date.parse(held.runAt ?? '') - Date.parse(finishedAt ?? '')).toBe(60_000);
    expect((await harness.core.explainer.explain(ME, task.id)).reasons).toMatchObject([
      { code: 'wait.unconfirmed_end', at: held.runAt },
    ]);
    worker.report(first, 'expired', { stopRequestedAgoMs: 90, stopConfirmedAgoMs: 10 });
    expect(await worker.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
  });

  it('wakes a task after its back-off', async () => {
    await using harness = await open();
    const worker = await harness.worker();
    const retry = { maxAttempts: 2, delayMs: 20, backoff: 'fixed', jitter: 0 } as const;
    const task = await harness.submit({ retry });
    worker.report(await worker.nextAssignment(), 'failed', {
      errorCode: 'boom',
      errorMessage: 'no',
    });
    worker.say({ credits: 1 });
    const second = await worker.nextAssignment();
    expect(second).toMatchObject({ taskId: task.id, attempt: 2 });
    worker.report(second, 'failed', { errorCode: 'boom', errorMessage: 'no' });
    expect(await harness.until(task.id, 'failed')).toMatchObject({
      error: { code: 'boom' },
      attempt: 2,
    });
  });

  it('expires what waits longer than its queueTtlMs', async () => {
    await using harness = await open();
    const task = await harness.submit({ queueTtlMs: 20 });
    expect(await harness.until(task.id, 'expired')).toMatchObject({
      error: { code: 'task.queue_ttl_exceeded' },
      attempt: 0,
    });
  });

  it('expires what lives longer than its totalTtlMs, also between its attempts', async () => {
    await using harness = await open();
    const worker = await harness.worker();
    const retry = { maxAttempts: 5, delayMs: 20, backoff: 'fixed', jitter: 0 } as const;
    const task = await harness.submit({ retry, totalTtlMs: 1500 });
    worker.report(await worker.nextAssignment(), 'failed');
    // It waits for a worker now: nobody has a free place.
    expect(await harness.until(task.id, 'expired')).toMatchObject({
      error: { code: 'task.total_ttl_exceeded' },
      attempt: 1,
    });
    expect(await harness.core.queries.attempts(ME, task.id)).toMatchObject([
      { number: 1, outcome: 'failed' },
    ]);
  });

  it('hands the attempts of a worker on whose lease has ended', async () => {
    await using harness = await open({ leaseMs: 1500 });
    const doomed = await harness.worker();
    const task = await harness.submit();
    await doomed.nextAssignment();
    doomed.disconnect();
    const heir = await harness.worker(0);
    const beat = setInterval(() => heir.say({ heartbeat: 1 }), 20);
    try {
      heir.say({ credits: 1 });
      expect(await heir.nextAssignment()).toMatchObject({ taskId: task.id, attempt: 2 });
    } finally {
      clearInterval(beat);
    }
    expect(await harness.core.queries.attempts(ME, task.id)).toMatchObject([
      { number: 1, outcome: 'lost', error: { code: 'attempt.lease_lost' } },
      { number: 2, outcome: null },
    ]);
  });

  it('hands nothing on before the margin after a lease is over', async () => {
    const clock = new ManualClock();
    const lifetimes = { leaseMs: 1, leaseMarginMs: 600_000 };
    await using harness = await Harness.open(server, { clock, lifetimes });
    const silent = await harness.worker();
    const task = await harness.submit({ ttlMs: 80_000_000 });
    await silent.nextAssignment();
    const { workers } = harness.store;
    const loseExpired = workers.loseExpired.bind(workers);
    const lost: string[][] = [];
    workers.loseExpired = async (marginMs) => {
      const found = await loseExpired(marginMs);
      lost.push(found);
      return found;
    };
    harness.core.keeper.start();
    while (lost.length < 3) {
      await clock.advance(1000);
      await harness.store.ping();
    }
    expect(lost.flat()).toEqual([]);
    expect(await harness.get(task.id)).toMatchObject({ status: 'running', attempt: 1 });
  });

  it('expires attempts whose server has forgotten them', async () => {
    await using harness = await Harness.open(server, { lifetimes: { confirmPatienceMs: 10 } });
    const lane = await harness.core.lanes.ensure({ queue: 'default', type: 'noop', runtime: '' });
    const task = await harness.submit({ ttlMs: 20 });
    const worker = await harness.worker(0);
    const slots = [worker.incarnation];
    const sessions = [{ workerId: worker.incarnation, session: 1 }];
    await harness.store.dispatch.claim({ laneIds: [lane.id], slots, sessions });
    while ((await harness.store.dispatch.listOverdue(20, 1)).length === 0);
    harness.core.keeper.start();
    const expired = await harness.until(task.id, 'expired');
    expect(expired.error?.code).toBe('attempt.ttl_exceeded');
  });

  it('leads on one server, and on the other when that one ends', async () => {
    await using first = await open();
    while (!first.core.keeper.leads) await first.store.ping();
    const settings = first.store;
    await using second = await Harness.open(server, { store: settings });
    second.core.keeper.start();
    for (let n = 0; n < 50; n++) await second.store.ping();
    expect(second.core.keeper.leads).toBe(false);
    await first.core.keeper.stop();
    while (!second.core.keeper.leads) await second.store.ping();
  });
});
