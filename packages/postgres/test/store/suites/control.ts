import { expect, it } from 'vitest';
import { ALL, databaseWait, OWNER, STRANGER, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

export function controlSuite(open: Open): void {
  it('cancels what waits, and asks what runs to stop', async () => {
    await using fixture = await open();
    const running = await fixture.submit({ graceMs: 7 });
    const attempt = await fixture.claimOne();
    const pending = await fixture.submit();
    const scheduled = await fixture.submit({ delayMs: 60_000 });
    const { control, keeper, dispatch } = fixture.store;
    const result = await control.cancel([running, pending, scheduled], ALL);
    expect(result.cancelled.toSorted()).toEqual([pending, scheduled].toSorted());
    expect(result.stopping).toEqual([
      { taskId: running, attempt: 1, workerId: fixture.workerId, graceMs: 7 },
    ]);
    expect(await fixture.task(pending)).toMatchObject({
      status: 'cancelled',
      attempt: 0,
      worker: null,
    });
    expect(await fixture.store.reader.attempts(pending, ALL)).toEqual([]);
    expect(await fixture.statusOf(running)).toBe('running');
    expect(await keeper.listPendingStops([fixture.workerId])).toMatchObject([
      { taskId: running, attempt: 1, reason: 'cancel' },
    ]);
    expect(await dispatch.listHeld(fixture.workerId)).toMatchObject([{ cancelRequested: true }]);
    await fixture.settle(attempt, 'cancelled', { stopConfirmedAgoMs: 0 });
    const [record] = (await fixture.store.reader.attempts(running, ALL)) ?? [];
    expect(record).toMatchObject({ outcome: 'cancelled', stop: { reason: 'cancel' } });
    expect(await control.cancel([running, pending], ALL)).toEqual({ cancelled: [], stopping: [] });
  });

  it('leaves the first reason and time of a stop when it is asked again', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    await fixture.claim();
    await fixture.store.control.cancel([id], ALL);
    const [before] = (await fixture.store.reader.attempts(id, ALL)) ?? [];
    await databaseWait(fixture.store, 5);
    await fixture.store.control.cancel([id], ALL);
    const [after] = (await fixture.store.reader.attempts(id, ALL)) ?? [];
    expect(after?.stop).toEqual(before?.stop);
  });

  it('does nothing to tasks of others', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    const stranger = { owner: STRANGER };
    const { control } = fixture.store;
    expect(await control.cancel([id], stranger)).toEqual({ cancelled: [], stopping: [] });
    expect(await control.change(id, { priority: 1 }, stranger)).toEqual({ kind: 'not-found' });
    await control.cancel([id], { owner: OWNER });
    expect(await control.retry([id], stranger, 0)).toEqual([]);
    expect(await control.remove([id], stranger)).toEqual([]);
    expect(await fixture.statusOf(id)).toBe('cancelled');
  });

  it('sends finished tasks back, with their history', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    const waiting = await fixture.submit({ delayMs: 60_000 });
    await fixture.settle(await fixture.claimOne(), 'failed', {
      failures: 1,
      lost: 2,
      errorCode: 'e',
      errorMessage: 'm',
    });
    expect(await fixture.store.control.retry([id, waiting], ALL, 0)).toEqual([id]);
    expect(await fixture.task(id)).toMatchObject({
      status: 'pending',
      attempt: 1,
      error: null,
      finishedAt: null,
    });
    const again = await fixture.claimOne();
    expect(again).toMatchObject({ attempt: 2, failures: 0, lost: 0 });
    await fixture.settle(again, 'completed', { resultJson: '2' });
    expect(await fixture.store.control.retry([id], ALL, 0)).toEqual([id]);
    await fixture.settle(await fixture.claimOne(), 'completed', { resultJson: '3' });
    expect(await fixture.task(id)).toMatchObject({ status: 'completed', attempt: 3, result: 3 });
    expect(await fixture.store.reader.attempts(id, ALL)).toMatchObject([
      { number: 1, outcome: 'failed', error: { code: 'e' } },
      { number: 2, outcome: 'completed' },
      { number: 3, outcome: 'completed' },
    ]);
  });

  it('holds a retry while the last attempt may still live', async () => {
    await using fixture = await open();
    const { control, reader } = fixture.store;
    const ends = ['expired', 'cancelled', 'failed', 'completed'] as const;
    const statuses: Record<string, string> = {};
    for (const end of ends) {
      const id = await fixture.submit();
      await fixture.settle(await fixture.claimOne(), end);
      expect(await control.retry([id], ALL, 60_000)).toEqual([id]);
      const { status, runAt } = await fixture.task(id);
      statuses[end] = status;
      const heldUntil = await reader.heldUntil(id);
      expect(heldUntil?.toISOString() ?? null).toBe(runAt);
      await control.cancel([id], ALL);
    }
    expect(statuses).toEqual({
      expired: 'scheduled',
      cancelled: 'scheduled',
      failed: 'pending',
      completed: 'pending',
    });
  });

  it('holds no retry once the death is confirmed, the time is over, or the worker is lost', async () => {
    await using fixture = await open();
    const { control, workers } = fixture.store;
    const confirmed = await fixture.submit();
    await fixture.settle(await fixture.claimOne(), 'expired', { stopConfirmedAgoMs: 0 });
    const old = await fixture.submit();
    await fixture.settle(await fixture.claimOne(), 'expired');
    await databaseWait(fixture.store, 5);
    await control.retry([confirmed], ALL, 60_000);
    await control.retry([old], ALL, 1);
    const mortal = await fixture.register(1);
    const orphan = await fixture.submit({ priority: 9 });
    const [attempt] = await fixture.claim(1, mortal);
    await fixture.settle(attempt!, 'cancelled');
    await databaseWait(fixture.store, 5);
    await workers.loseExpired(0);
    await control.retry([orphan], ALL, 60_000);
    for (const id of [confirmed, old, orphan]) expect(await fixture.statusOf(id)).toBe('pending');
  });

  it('keeps the hold over a cancel with another retry, and over a change of the time', async () => {
    await using fixture = await open();
    const { control, reader, dispatch } = fixture.store;
    const id = await fixture.submit();
    const attempt = await fixture.claimOne();
    await fixture.settle(attempt, 'expired');
    await control.retry([id], ALL, 60_000);
    const { runAt } = await fixture.task(id);
    await control.cancel([id], ALL);
    await control.retry([id], ALL, 60_000);
    expect(await fixture.task(id)).toMatchObject({ status: 'scheduled', runAt });
    const later = new Date(Date.now() + 3_600_000);
    await control.change(id, { runAt: later }, ALL);
    expect(await reader.heldUntil(id)).toBeNull();
    expect((await fixture.task(id)).runAt).toBe(later.toISOString());
    await control.change(id, { runAt: new Date(Date.now() - 1000) }, ALL);
    expect(await fixture.task(id)).toMatchObject({ status: 'scheduled', runAt });
    await control.change(id, { priority: 3 }, ALL);
    expect(await fixture.task(id)).toMatchObject({ status: 'scheduled', runAt });
    const late = { ...attempt, resultJson: null, stopConfirmedAgoMs: null };
    await dispatch.recordLate([{ ...late, outcome: 'expired' }]);
    expect(await fixture.task(id)).toMatchObject({ status: 'scheduled', runAt });
    await dispatch.recordLate([{ ...late, outcome: 'expired', stopConfirmedAgoMs: 1 }]);
    expect(await reader.heldUntil(id)).toBeNull();
    expect(await fixture.store.keeper.wake([id])).toEqual([id]);
    expect(await fixture.claimOne()).toMatchObject({ taskId: id, attempt: 2 });
  });

  it('lets a back-off that was longer for want of a confirmation go on when it comes', async () => {
    await using fixture = await open();
    const { dispatch, keeper } = fixture.store;
    const id = await fixture.submit();
    const attempt = await fixture.claimOne();
    const again = { status: null, delayMs: 60_000, freeInMs: 20_000, failures: 1 };
    await fixture.settle(attempt, 'expired', again);
    const [before] = await keeper.listScheduled(90_000, 5);
    expect(before?.inMs).toBeGreaterThan(50_000);
    const late = { ...attempt, resultJson: '1', stopConfirmedAgoMs: null };
    await dispatch.recordLate([{ ...late, outcome: 'completed' }]);
    const [after] = await keeper.listScheduled(90_000, 5);
    expect(after).toMatchObject({ taskId: id });
    expect(after?.inMs).toBeLessThanOrEqual(20_000);
    expect(after?.inMs).toBeGreaterThan(10_000);
  });

  it('starts the total life anew at a manual retry', async () => {
    await using fixture = await open();
    const id = await fixture.submit({ totalTtlMs: 2 });
    await fixture.claim();
    await databaseWait(fixture.store, 5);
    const [attempt] = await fixture.store.dispatch.listHeld(fixture.workerId);
    await fixture.settle({ ...attempt, paramsJson: '' } as never, 'expired');
    await fixture.store.control.retry([id], ALL, 0);
    const [limit] = await fixture.store.keeper.listWaitLimits(60_000, 10);
    expect(limit).toMatchObject({ taskId: id, limit: 'total' });
  });

  it('deletes finished tasks with all that belongs to them', async () => {
    await using fixture = await open();
    const id = await fixture.submit({ queueTtlMs: 60_000 });
    expect(await fixture.store.control.remove([id], ALL)).toEqual([]);
    const attempt = await fixture.claimOne();
    expect(await fixture.store.control.remove([id], ALL)).toEqual([]);
    await fixture.store.dispatch.appendOutput([
      { ...attempt, seq: 0, stream: 'log', data: Buffer.from('x') },
    ]);
    await fixture.settle(attempt, 'completed');
    expect(await fixture.store.control.remove([id], ALL)).toEqual([id]);
    expect(await fixture.store.reader.get(id, ALL)).toBeNull();
    expect(await fixture.store.reader.output(id, { attempt: 1, seq: 0 }, 10)).toEqual([]);
    expect(await fixture.store.keeper.listWaitLimits(120_000, 10)).toEqual([]);
  });

  it('changes what waits, in its place and order', async () => {
    await using fixture = await open();
    const first = await fixture.submit({ labels: { a: '1' }, description: 'old' });
    const second = await fixture.submit();
    const changed = await fixture.store.control.change(
      second,
      {
        priority: 9,
        paramsJson: '[1]',
        ttlMs: 5,
        graceMs: 4,
        description: 'new',
        labels: { b: '2' },
      },
      ALL,
    );
    expect(changed).toEqual({ kind: 'changed', status: 'pending', running: null });
    expect(await fixture.task(second)).toMatchObject({
      priority: 9,
      params: [1],
      ttlMs: 5,
      graceMs: 4,
      description: 'new',
      labels: { b: '2' },
    });
    await fixture.store.control.change(first, { description: null, labels: {} }, ALL);
    expect(await fixture.task(first)).toMatchObject({ description: null, labels: {} });
    expect((await fixture.claim(2)).map((attempt) => attempt.taskId)).toEqual([second, first]);
  });

  it('moves a task between now and later', async () => {
    await using fixture = await open();
    const id = await fixture.submit({ queueTtlMs: 1000 });
    const later = new Date(Date.now() + 3_600_000);
    await fixture.store.control.change(id, { runAt: later }, ALL);
    expect(await fixture.task(id)).toMatchObject({
      status: 'scheduled',
      runAt: later.toISOString(),
    });
    expect(await fixture.store.keeper.listWaitLimits(60_000, 10)).toEqual([]);
    await fixture.store.control.change(id, { runAt: new Date(Date.now() - 1000) }, ALL);
    expect(await fixture.statusOf(id)).toBe('pending');
    await fixture.store.control.change(id, { queueTtlMs: null }, ALL);
    expect(await fixture.store.keeper.listWaitLimits(10_000_000, 10)).toEqual([]);
  });

  it('lets a running task change its ttl and nothing else', async () => {
    await using fixture = await open();
    const id = await fixture.submit({ ttlMs: 1000 });
    await fixture.claim();
    const { control, keeper } = fixture.store;
    expect(await control.change(id, { priority: 1 }, ALL)).toEqual({
      kind: 'refused',
      status: 'running',
    });
    const changed = await control.change(id, { ttlMs: 90_000 }, ALL);
    expect(changed).toMatchObject({ kind: 'changed', running: { taskId: id, attempt: 1 } });
    const task = await fixture.task(id);
    expect(Date.parse(task.deadlineAt ?? '') - Date.parse(task.startedAt ?? '')).toBe(90_000);
    expect(await keeper.listPendingStops([fixture.workerId])).toMatchObject([
      { taskId: id, reason: null },
    ]);
    const [attempt] = await fixture.store.dispatch.listHeld(fixture.workerId);
    await fixture.settle({ ...attempt, paramsJson: '' } as never, 'completed');
    expect(await control.change(id, { ttlMs: 5 }, ALL)).toEqual({
      kind: 'refused',
      status: 'completed',
    });
    expect(await control.change(crypto.randomUUID(), { ttlMs: 5 }, ALL)).toEqual({
      kind: 'not-found',
    });
  });
}
