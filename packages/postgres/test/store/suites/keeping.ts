import { expect, it } from 'vitest';
import { ALL, databaseWait, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

export function keepingSuite(open: Open): void {
  it('has one leader, and the next one when it leaves', async () => {
    await using fixture = await open();
    const { keeper } = fixture.store;
    const first = await keeper.tryLead(60_000);
    expect(first).not.toBeNull();
    expect(await keeper.tryLead(60_000)).toBeNull();
    const lost = new Promise<void>((resolve) => first?.onLost(resolve));
    await first?.release();
    await lost;
    const second = await keeper.tryLead(60_000);
    expect(second).not.toBeNull();
    await second?.release();
  });

  it('takes the lead from one that is silent, and tells it when it can hear again', async () => {
    await using fixture = await open();
    const { keeper } = fixture.store;
    const silent = await keeper.tryLead(60_000);
    const lost = new Promise<void>((resolve) => silent?.onLost(resolve));
    await databaseWait(fixture.store, 100);
    await silent?.confirm();
    expect(await keeper.tryLead(100)).toBeNull();
    await databaseWait(fixture.store, 100);
    expect(await keeper.tryLead(100)).toBeNull();
    await lost;
    const next = await keeper.tryLead(100);
    expect(next).not.toBeNull();
    await next?.release();
  });

  it('wakes what is due by the database clock, and nothing else', async () => {
    await using fixture = await open();
    const { keeper } = fixture.store;
    const soon = await fixture.submit({ delayMs: 1, priority: 4 });
    const later = await fixture.submit({ delayMs: 60_000 });
    await databaseWait(fixture.store, 5);
    const due = await keeper.listScheduled(1000, 10);
    expect(due.map((item) => item.taskId)).toEqual([soon]);
    expect(await keeper.wake([soon, later])).toEqual([soon]);
    expect(await fixture.statusOf(soon)).toBe('pending');
    expect(await fixture.statusOf(later)).toBe('scheduled');
    expect(await fixture.claimOne()).toMatchObject({ taskId: soon, attempt: 1 });
  });

  it('expires what waits too long for its first start', async () => {
    await using fixture = await open();
    const { keeper } = fixture.store;
    const waiting = await fixture.submit({ queueTtlMs: 1 });
    const started = await fixture.submit({ queueTtlMs: 1, priority: 1 });
    await fixture.settle(await fixture.claimOne(), 'lost', { lost: 1 });
    const patient = await fixture.submit({ queueTtlMs: 60_000 });
    await databaseWait(fixture.store, 5);
    const limits = [waiting, started, patient].map((taskId) => ({
      taskId,
      limit: 'queue' as const,
    }));
    expect(await keeper.expireWaiting(limits)).toEqual([waiting]);
    expect(await fixture.task(waiting)).toMatchObject({
      status: 'expired',
      attempt: 0,
      error: { code: 'task.queue_ttl_exceeded' },
    });
    expect(await fixture.statusOf(started)).toBe('pending');
    expect((await keeper.listWaitLimits(600_000, 10)).map((item) => item.taskId)).toEqual([
      patient,
    ]);
  });

  it('expires what lives too long, also while it waits for its back-off', async () => {
    await using fixture = await open();
    const { keeper } = fixture.store;
    const id = await fixture.submit({ totalTtlMs: 20 });
    // As an expiry, which counts also when this machine was slower than the total life.
    await fixture.settle(await fixture.claimOne(), 'expired', {
      status: null,
      delayMs: 60_000,
      failures: 1,
    });
    await databaseWait(fixture.store, 25);
    expect(await keeper.expireWaiting([{ taskId: id, limit: 'total' }])).toEqual([id]);
    expect(await fixture.task(id)).toMatchObject({
      status: 'expired',
      attempt: 1,
      error: { code: 'task.total_ttl_exceeded' },
    });
    expect(await fixture.store.reader.attempts(id, ALL)).toMatchObject([{ outcome: 'expired' }]);
  });

  it('makes partitions ahead, and moves strays into them', async () => {
    await using fixture = await open();
    // An id of the day after tomorrow, as a server with a wrong clock makes them.
    const ms = Date.now() + 10 * 86_400_000;
    const hex = ms.toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
    await fixture.submit({ id });
    await fixture.store.keeper.tidy();
    await fixture.store.keeper.tidy();
    expect(await fixture.statusOf(id)).toBe('pending');
    expect(await fixture.claimOne()).toMatchObject({ taskId: id });
  });
}
