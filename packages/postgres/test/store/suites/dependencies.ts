import type { NewTask, ReleasedTask } from '@mayfly/core';
import { expect, it } from 'vitest';
import { ALL, databaseWait, STRANGER, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const NOBODY = '01900000-0000-7000-8000-00000000dead';

export function dependencySuite(open: Open): void {
  /** Stores one task that waits for others. @returns its id */
  const submitAfter = (fixture: Fixture, after: string[], changes: Partial<NewTask> = {}) =>
    fixture.submit({ after, ...changes });

  it('keeps a task out of the ready ones until all that it waits for have ended', async () => {
    await using fixture = await open();
    const released: ReleasedTask[] = [];
    fixture.store.releases.onReleased((tasks) => released.push(...tasks));
    const [first, second] = [await fixture.submit(), await fixture.submit()];
    const last = await submitAfter(fixture, [first, second]);
    expect(await fixture.task(last)).toMatchObject({
      status: 'scheduled',
      runAt: null,
      after: [first, second],
      afterPolicy: 'cancel',
    });
    expect(await fixture.store.keeper.listScheduled(1e12, 10)).toEqual([]);
    const [one, two] = await fixture.claim(5);
    await fixture.settle(one!, 'completed');
    expect(await fixture.statusOf(last)).toBe('scheduled');
    await fixture.settle(two!, 'completed');
    expect(await fixture.statusOf(last)).toBe('pending');
    expect(released).toEqual([{ taskId: last, laneId: fixture.laneId, status: 'pending' }]);
    expect(await fixture.claimOne()).toMatchObject({ taskId: last, attempt: 1 });
  });

  it('names whom a task still waits for, and how they stand', async () => {
    await using fixture = await open();
    const [first, second] = [await fixture.submit(), await fixture.submit()];
    const third = await fixture.submit({ delayMs: 60_000 });
    const last = await submitAfter(fixture, [first, second, third]);
    const [one] = await fixture.claim(2);
    const { reader } = fixture.store;
    const named = [
      { id: first, status: 'running' },
      { id: second, status: 'running' },
      { id: third, status: 'scheduled' },
    ];
    expect(await reader.predecessors(last, 5)).toEqual({ count: 3, tasks: named });
    expect(await reader.predecessors(last, 1)).toEqual({ count: 3, tasks: named.slice(0, 1) });
    await fixture.settle(one!, 'completed');
    const left = named.filter(({ id }) => id !== one!.taskId);
    expect(await reader.predecessors(last, 5)).toEqual({ count: 2, tasks: left });
    expect(await reader.predecessors(first, 5)).toEqual({ count: 0, tasks: [] });
  });

  it('waits on while a predecessor runs again', async () => {
    await using fixture = await open();
    const first = await fixture.submit();
    const last = await submitAfter(fixture, [first]);
    await fixture.settle(await fixture.claimOne(), 'failed', { status: null, failures: 1 });
    expect(await fixture.statusOf(last)).toBe('scheduled');
    await fixture.settle(await fixture.claimOne(), 'completed');
    expect(await fixture.statusOf(last)).toBe('pending');
  });

  it.each(['failed', 'expired', 'cancelled'] as const)(
    'cancels all that wait, near and far, for a task that is %s',
    async (outcome) => {
      await using fixture = await open();
      const first = await fixture.submit();
      const near = await submitAfter(fixture, [first]);
      const far = await submitAfter(fixture, [near]);
      const stubborn = await submitAfter(fixture, [near], { afterPolicy: 'run-anyway' });
      await fixture.settle(await fixture.claimOne(), outcome);
      expect(await fixture.task(near)).toMatchObject({
        status: 'cancelled',
        attempt: 0,
        error: { code: 'task.dependency_failed', message: expect.stringContaining(first) },
      });
      expect(await fixture.statusOf(far)).toBe('cancelled');
      expect(await fixture.statusOf(stubborn)).toBe('pending');
      expect((await fixture.store.reader.stats(1)).totals['cancelled']).toBe(
        outcome === 'cancelled' ? 3 : 2,
      );
    },
  );

  it('goes on when a predecessor is cancelled while it waits, or expires in the queue', async () => {
    await using fixture = await open();
    const cancelled = await fixture.submit();
    const expired = await fixture.submit({ queueTtlMs: 1 });
    const all = await submitAfter(fixture, [cancelled, expired], { afterPolicy: 'run-anyway' });
    const careful = await submitAfter(fixture, [cancelled]);
    await fixture.store.control.cancel([cancelled], ALL);
    expect(await fixture.statusOf(careful)).toBe('cancelled');
    expect(await fixture.statusOf(all)).toBe('scheduled');
    await databaseWait(fixture.store, 5);
    await fixture.store.keeper.expireWaiting([{ taskId: expired, limit: 'queue' }]);
    expect(await fixture.statusOf(all)).toBe('pending');
  });

  it('takes predecessors that have ended before', async () => {
    await using fixture = await open();
    const [good, bad] = [await fixture.submit({ priority: 2 }), await fixture.submit()];
    await fixture.settle(await fixture.claimOne(), 'completed');
    await fixture.settle(await fixture.claimOne(), 'failed');
    expect(await fixture.statusOf(await submitAfter(fixture, [good]))).toBe('pending');
    expect(await fixture.statusOf(await submitAfter(fixture, [good, bad]))).toBe('cancelled');
    const anyway = await submitAfter(fixture, [bad], { afterPolicy: 'run-anyway' });
    expect(await fixture.statusOf(anyway)).toBe('pending');
  });

  it('refuses a unit whose predecessor is not there, or not to be seen, and stores the others', async () => {
    await using fixture = await open();
    const foreign = await fixture.submit({ owner: STRANGER });
    const unit = (after: string[], seesAll = false) => ({
      tasks: [fixture.newTask(), fixture.newTask({ after })],
      idempotency: null,
      seesAll,
    });
    const units = [unit([NOBODY]), unit([foreign]), unit([foreign], true)];
    const stored = await fixture.store.submissions.insert(units);
    expect(stored).toMatchObject([
      { kind: 'refused', unknown: [NOBODY] },
      { kind: 'refused', unknown: [foreign] },
      { kind: 'created' },
    ]);
    const ids = units.slice(0, 2).flatMap(({ tasks }) => tasks.map((task) => task.id));
    expect(await fixture.store.reader.getMany(ids, ALL)).toEqual([]);
    expect(await fixture.statusOf(units[2]!.tasks[1]!.id)).toBe('scheduled');
  });

  it('ties tasks of one batch to each other', async () => {
    await using fixture = await open();
    const first = fixture.newTask();
    const second = fixture.newTask({ after: [first.id] });
    const third = fixture.newTask({ after: [first.id, second.id] });
    await fixture.store.submissions.insert([{ tasks: [first, second, third], idempotency: null }]);
    for (const task of [first, second, third]) {
      expect((await fixture.claim(5)).map(({ taskId }) => taskId)).toEqual([task.id]);
      const [held] = await fixture.store.dispatch.listHeld(fixture.workerId);
      await fixture.settle({ ...held!, paramsJson: '' }, 'completed');
    }
  });

  it('keeps its own time after its predecessors, and counts queueTtlMs from there', async () => {
    await using fixture = await open();
    const first = await fixture.submit();
    const later = await submitAfter(fixture, [first], { delayMs: 60_000, queueTtlMs: 5000 });
    const brief = await submitAfter(fixture, [first], { queueTtlMs: 5000 });
    expect(await fixture.store.keeper.listWaitLimits(1e9, 10)).toEqual([]);
    await fixture.store.control.change(later, { priority: 3 }, ALL);
    await fixture.store.control.change(brief, { runAt: new Date(0) }, ALL);
    expect(await fixture.statusOf(brief)).toBe('scheduled');
    await fixture.settle(await fixture.claimOne(), 'completed');
    expect(await fixture.statusOf(later)).toBe('scheduled');
    expect(await fixture.statusOf(brief)).toBe('pending');
    const [due] = await fixture.store.keeper.listScheduled(1e9, 10);
    expect(due).toMatchObject({ taskId: later });
    expect(due!.inMs).toBeGreaterThan(50_000);
    const limits = await fixture.store.keeper.listWaitLimits(1e9, 10);
    expect(limits.map(({ taskId }) => taskId)).toEqual([brief, later]);
    expect(limits[0]!.inMs).toBeLessThan(5001);
    expect(limits[1]!.inMs).toBeGreaterThan(50_000);
  });

  it('runs again what was cancelled for a predecessor, when somebody asks', async () => {
    await using fixture = await open();
    const first = await fixture.submit();
    const last = await submitAfter(fixture, [first]);
    await fixture.settle(await fixture.claimOne(), 'failed');
    expect(await fixture.store.control.retry([first], ALL, 0)).toEqual([first]);
    await fixture.settle(await fixture.claimOne(), 'completed');
    expect(await fixture.statusOf(last)).toBe('cancelled');
    expect(await fixture.store.control.retry([last], ALL, 0)).toEqual([last]);
    expect(await fixture.claimOne()).toMatchObject({ taskId: last });
  });

  it('loses no release when predecessors end at once, and while tasks are tied to them', async () => {
    await using fixture = await open();
    for (let round = 0; round < 25; round++) {
      const firsts = [await fixture.submit(), await fixture.submit(), await fixture.submit()];
      const waiting = [await submitAfter(fixture, firsts), await submitAfter(fixture, firsts)];
      const attempts = await fixture.claim(3);
      const late = Array.from({ length: 4 }, () => submitAfter(fixture, firsts));
      await Promise.all(attempts.map((attempt) => fixture.settle(attempt, 'completed')));
      const all = [...waiting, ...(await Promise.all(late))];
      const tasks = await fixture.store.reader.getMany(all, ALL);
      expect(tasks.map(({ status }) => status)).toEqual(all.map(() => 'pending'));
      await fixture.store.control.cancel(all, ALL);
    }
  });
}
