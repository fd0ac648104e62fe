import { expect, it } from 'vitest';
import { ALL, databaseWait, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

export function dispatchSuite(open: Open): void {
  it('claims by priority, then by age', async () => {
    await using fixture = await open();
    const [low, old, urgent, young] = [
      await fixture.submit({ priority: -1 }),
      await fixture.submit(),
      await fixture.submit({ priority: 5 }),
      await fixture.submit(),
    ];
    const claimed = await fixture.claim(3);
    expect(claimed.map((attempt) => attempt.taskId)).toEqual([urgent, old, young]);
    expect((await fixture.claim(3)).map((attempt) => attempt.taskId)).toEqual([low]);
  });

  it('orders across lanes by priority, and takes only from the lanes asked for', async () => {
    await using fixture = await open();
    const { workers, dispatch } = fixture.store;
    const other = await workers.ensureLane({ queue: 'other', type: 'noop', runtime: '' });
    const here = await fixture.submit({ priority: 1 });
    const there = await fixture.submit({ laneId: other.id, priority: 2 });
    const third = await workers.ensureLane({ queue: 'third', type: 'noop', runtime: '' });
    await fixture.submit({ laneId: third.id, priority: 9 });
    const claimed = await dispatch.claim({
      laneIds: [fixture.laneId, other.id],
      slots: [fixture.workerId, fixture.workerId, fixture.workerId],
      sessions: [fixture.sessionOf()],
    });
    expect(claimed.attempts.map((attempt) => attempt.taskId)).toEqual([there, here]);
  });

  it('gives each claimed task to the worker of its slot', async () => {
    await using fixture = await open();
    const second = await fixture.register();
    const ids = [await fixture.submit(), await fixture.submit(), await fixture.submit()];
    const claimed = await fixture.store.dispatch.claim({
      laneIds: [fixture.laneId],
      slots: [fixture.workerId, second, fixture.workerId, second],
      sessions: [fixture.sessionOf(), fixture.sessionOf(second)],
    });
    expect(claimed.attempts.map((attempt) => [attempt.taskId, attempt.workerId])).toEqual([
      [ids[0], fixture.workerId],
      [ids[1], second],
      [ids[2], fixture.workerId],
    ]);
    expect((await fixture.store.dispatch.listHeld(second)).map((held) => held.taskId)).toEqual([
      ids[1],
    ]);
  });

  it.each([
    ['of results only', 'completed'],
    ['with a failure in it', 'failed'],
  ] as const)('settles of a batch %s exactly what is held', async (_kind, outcome) => {
    await using fixture = await open();
    const ids = [];
    for (let n = 0; n < 4; n++) ids.push(await fixture.submit());
    const [one, two, three, four] = await fixture.claim(4);
    await fixture.settle(two!, 'completed', { resultJson: '"first"' });
    const batch = [
      fixture.settlement(one!, 'completed', { resultJson: '1' }),
      fixture.settlement(two!, 'completed', { resultJson: '"second"' }),
      fixture.settlement({ ...three!, attempt: 7 }, 'completed'),
      fixture.settlement(four!, outcome, { resultJson: null }),
    ];
    expect(await fixture.store.dispatch.settle(batch)).toEqual([true, false, false, true]);
    const tasks = await Promise.all(ids.map((id) => fixture.task(id)));
    expect(tasks.map((task) => [task.status, task.result])).toEqual([
      ['completed', 1],
      ['completed', 'first'],
      ['running', null],
      [outcome, null],
    ]);
  });

  it('never claims a task twice, whatever claims at once', async () => {
    await using fixture = await open();
    const tasks = Array.from({ length: 400 }, () => fixture.newTask());
    await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
    const claimed = (await Promise.all(Array.from({ length: 30 }, () => fixture.claim(25)))).flat();
    const rest = await fixture.claim(400);
    const ids = [...claimed, ...rest].map((attempt) => attempt.taskId);
    expect(ids).toHaveLength(400);
    expect(new Set(ids).size).toBe(400);
  });

  it('counts the time to live from the claim, cut by the total', async () => {
    await using fixture = await open();
    await fixture.submit({ ttlMs: 10_000, totalTtlMs: 4000 });
    const attempt = await fixture.claimOne();
    expect(attempt.leftMs).toBeLessThanOrEqual(4000);
    expect(attempt.leftMs).toBeGreaterThan(0);
    expect(attempt.totalLeftMs).toBeCloseTo(attempt.leftMs, 3);
    const task = await fixture.task(attempt.taskId);
    expect(task).toMatchObject({ status: 'running', attempt: 1 });
    expect(Date.parse(task.deadlineAt ?? '')).toBe(Date.parse(task.createdAt) + 4000);
  });

  it('ends an attempt with its result', async () => {
    await using fixture = await open();
    await fixture.submit();
    const attempt = await fixture.claimOne();
    expect(await fixture.settle(attempt, 'completed', { resultJson: '{"n":1}' })).toBe(true);
    const task = await fixture.task(attempt.taskId);
    expect(task).toMatchObject({ status: 'completed', result: { n: 1 }, attempt: 1, error: null });
    expect(task.finishedAt).not.toBeNull();
    expect(await fixture.store.reader.attempts(attempt.taskId, { owner: null })).toMatchObject([
      { number: 1, outcome: 'completed', stop: null, worker: task.worker },
    ]);
  });

  it('refuses the report of another worker, another number, and a second one', async () => {
    await using fixture = await open();
    await fixture.submit();
    const attempt = await fixture.claimOne();
    const stranger = await fixture.register();
    // A plain result goes another way than the other ends.
    for (const outcome of ['completed', 'failed', 'expired'] as const) {
      expect(await fixture.settle({ ...attempt, workerId: stranger }, outcome)).toBe(false);
      expect(await fixture.settle({ ...attempt, attempt: 2 }, outcome)).toBe(false);
    }
    expect(await fixture.statusOf(attempt.taskId)).toBe('running');
    expect(await fixture.settle(attempt, 'failed', { errorCode: 'x', errorMessage: 'y' })).toBe(
      true,
    );
    expect(await fixture.settle(attempt, 'completed', { resultJson: '1' })).toBe(false);
    expect(await fixture.task(attempt.taskId)).toMatchObject({
      status: 'failed',
      result: null,
      error: { code: 'x', message: 'y' },
    });
  });

  it('refuses a result after the deadline, and takes the expiry', async () => {
    await using fixture = await open();
    await fixture.submit({ ttlMs: 1 });
    const attempt = await fixture.claimOne();
    await databaseWait(fixture.store, 5);
    expect(await fixture.settle(attempt, 'completed', { resultJson: '1' })).toBe(false);
    expect(await fixture.settle(attempt, 'failed')).toBe(false);
    const stop = { stopReason: 'ttl', stopRequestedAgoMs: 3, stopConfirmedAgoMs: 0 } as const;
    expect(await fixture.settle(attempt, 'expired', { ...stop, lateResult: true })).toBe(true);
    const [record] = (await fixture.store.reader.attempts(attempt.taskId, { owner: null })) ?? [];
    expect(record).toMatchObject({ outcome: 'expired', stop: { reason: 'ttl' } });
    expect(record?.lateResultRefusedAt).not.toBeNull();
    expect(record?.stop?.confirmedAt).not.toBeNull();
  });

  it('leaves alone an expiry that knows neither of a moved deadline nor of a cancel', async () => {
    await using fixture = await open();
    const { control } = fixture.store;
    const stop = { stopReason: 'ttl', stopRequestedAgoMs: 3 } as const;
    const raised = await fixture.submit({ ttlMs: 1000 });
    const first = await fixture.claimOne();
    await control.change(raised, { ttlMs: 600_000 }, ALL);
    expect(await fixture.settle(first, 'expired', stop)).toBe(false);
    await control.change(raised, { ttlMs: 1 }, ALL);
    await databaseWait(fixture.store, 5);
    expect(await fixture.settle(first, 'expired', stop)).toBe(true);
    const cancelled = await fixture.submit();
    const second = await fixture.claimOne();
    await control.cancel([cancelled], ALL);
    const again = { ...stop, status: null, delayMs: 10 };
    expect(await fixture.settle(second, 'expired', again)).toBe(false);
    expect(await fixture.settle(second, 'cancelled')).toBe(true);
    // The worker itself knows when it has ended one.
    const confirmed = await fixture.submit();
    const third = await fixture.claimOne();
    await control.change(confirmed, { ttlMs: 600_000 }, ALL);
    expect(await fixture.settle(third, 'expired', { ...stop, stopConfirmedAgoMs: 0 })).toBe(true);
  });

  it('sends a task that is to run again to its back-off, or straight back', async () => {
    await using fixture = await open();
    await fixture.submit({ priority: 3 });
    const first = await fixture.claimOne();
    await fixture.settle(first, 'failed', {
      status: null,
      delayMs: 60_000,
      failures: 1,
      errorCode: 'e',
      errorMessage: 'm',
    });
    expect(await fixture.task(first.taskId)).toMatchObject({ status: 'scheduled', attempt: 1 });
    const id = await fixture.submit();
    const second = await fixture.claimOne();
    expect(second.taskId).toBe(id);
    await fixture.settle(second, 'lost', { lost: 1 });
    expect(await fixture.statusOf(id)).toBe('pending');
    const third = await fixture.claimOne();
    expect(third).toMatchObject({ taskId: id, attempt: 2, failures: 0, lost: 1 });
    await fixture.settle(third, 'completed');
    expect(await fixture.store.reader.attempts(id, { owner: null })).toMatchObject([
      { number: 1, outcome: 'lost' },
      { number: 2, outcome: 'completed' },
    ]);
  });

  it('gives nothing to an earlier session of a worker, and goes on for the others', async () => {
    await using fixture = await open();
    const { dispatch, queues } = fixture.store;
    const other = await fixture.register();
    const ids = [await fixture.submit(), await fixture.submit()];
    await fixture.register(60_000, fixture.workerId);
    const early = {
      laneIds: [fixture.laneId],
      slots: [fixture.workerId, other, fixture.workerId],
      sessions: [fixture.sessionOf(), fixture.sessionOf(other)],
    };
    const claim = await dispatch.claim(early);
    expect(claim.moved).toEqual([fixture.workerId]);
    expect(claim.attempts).toMatchObject([{ taskId: ids[0], workerId: other }]);
    await queues.change('default', { concurrency: 5 });
    const limited = await dispatch.claimLimited({ ...early, queue: 'default' });
    expect(limited.moved).toEqual([fixture.workerId]);
    expect(limited.attempts).toMatchObject([{ taskId: ids[1], workerId: other }]);
    const third = await fixture.submit();
    const sessions = [{ workerId: fixture.workerId, session: 2 }];
    const late = { ...early, slots: [fixture.workerId], sessions, queue: 'default' };
    const last = await dispatch.claimLimited(late);
    expect(last).toMatchObject({ attempts: [{ taskId: third }], moved: [] });
  });

  it('lets only the latest session of a worker give back, or end its lease', async () => {
    await using fixture = await open();
    const { dispatch, workers } = fixture.store;
    const id = await fixture.submit();
    const attempt = await fixture.claimOne();
    const latest = { workerId: fixture.workerId, session: 2 };
    await fixture.register(60_000, fixture.workerId);
    await dispatch.giveBack(fixture.sessionOf(), [attempt]);
    expect(await fixture.statusOf(id)).toBe('running');
    await dispatch.giveBack(latest, [attempt]);
    expect(await fixture.statusOf(id)).toBe('pending');
    await workers.release(fixture.sessionOf());
    expect(await workers.listWorkers()).toMatchObject([{ state: 'online' }]);
    await workers.release(latest);
    expect(await workers.listWorkers()).toMatchObject([{ state: 'offline' }]);
  });

  it('puts back what never started, and never uses its number again', async () => {
    await using fixture = await open();
    const id = await fixture.submit({ priority: 2 });
    const first = await fixture.claimOne();
    await fixture.store.dispatch.giveBack(fixture.sessionOf(), [first]);
    expect(await fixture.statusOf(id)).toBe('pending');
    expect(await fixture.store.reader.attempts(id, { owner: null })).toEqual([]);
    const second = await fixture.claimOne();
    expect(second.attempt).toBe(2);
    await fixture.store.dispatch.giveBack(fixture.sessionOf(), [first]);
    expect(await fixture.statusOf(id)).toBe('running');
  });

  it('notes a confirmed death with what was printed until then', async () => {
    await using fixture = await open();
    await fixture.submit();
    const attempt = await fixture.claimOne();
    await fixture.settle(attempt, 'expired', { stopReason: 'ttl', stopRequestedAgoMs: 0 });
    const report = {
      ...attempt,
      outcome: 'expired',
      resultJson: '{"out":"x"}',
      stopConfirmedAgoMs: 0,
    } as const;
    expect(await fixture.store.dispatch.recordLate([report])).toEqual([true]);
    const task = await fixture.task(attempt.taskId);
    expect(task).toMatchObject({ status: 'expired', result: { out: 'x' } });
    const [record] = (await fixture.store.reader.attempts(attempt.taskId, { owner: null })) ?? [];
    expect(record?.stop?.confirmedAt).not.toBeNull();
    expect(record?.lateResultRefusedAt).toBeNull();
  });

  it('notes a refused result, and tells it from a repeated report', async () => {
    await using fixture = await open();
    await fixture.submit();
    const attempt = await fixture.claimOne();
    await fixture.settle(attempt, 'completed', { resultJson: '1' });
    const report = { ...attempt, resultJson: '2', stopConfirmedAgoMs: null };
    const { dispatch, reader } = fixture.store;
    expect(await dispatch.recordLate([{ ...report, outcome: 'completed' }])).toEqual([true]);
    expect(
      (await reader.attempts(attempt.taskId, { owner: null }))?.[0]?.lateResultRefusedAt,
    ).toBeNull();
    expect(await dispatch.recordLate([{ ...report, outcome: 'failed' }])).toEqual([false]);
    expect(
      (await reader.attempts(attempt.taskId, { owner: null }))?.[0]?.lateResultRefusedAt,
    ).not.toBeNull();
    expect((await fixture.task(attempt.taskId)).result).toBe(1);
  });

  it('keeps output byte for byte, in order, once', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    await fixture.claim();
    const bytes = Buffer.from([0, 255, 10, 13, 92, 39]);
    const chunk = (seq: number, data: Buffer) => ({
      taskId: id,
      attempt: 1,
      seq,
      stream: 'stdout' as const,
      data,
    });
    await fixture.store.dispatch.appendOutput([chunk(1, Buffer.from('two')), chunk(0, bytes)]);
    await fixture.store.dispatch.appendOutput([
      chunk(0, Buffer.from('again')),
      chunk(2, Buffer.from('three')),
    ]);
    const from = (seq: number) => fixture.store.reader.output(id, { attempt: 1, seq }, 1000);
    expect((await from(0)).map((part) => part.data)).toEqual([
      bytes,
      Buffer.from('two'),
      Buffer.from('three'),
    ]);
    expect((await from(2)).map((part) => part.seq)).toEqual([2]);
    const bounded = await fixture.store.reader.output(id, { attempt: 1, seq: 0 }, 1);
    expect(bounded.map((part) => part.seq)).toEqual([0]);
  });

  it('keeps the progress of the current attempt and its last one', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    const attempt = await fixture.claimOne();
    await fixture.store.dispatch.saveProgress([{ taskId: id, attempt: 1, percent: 12.5 }]);
    await fixture.store.dispatch.saveProgress([{ taskId: id, attempt: 9, percent: 99 }]);
    expect((await fixture.task(id)).progress).toBe(12.5);
    await fixture.settle(attempt, 'completed');
    expect((await fixture.task(id)).progress).toBe(12.5);
  });

  it('finds attempts past their deadline, and those of dead workers', async () => {
    await using fixture = await open();
    const overdue = await fixture.submit({ ttlMs: 1 });
    await fixture.claim();
    await databaseWait(fixture.store, 5);
    const { dispatch, workers } = fixture.store;
    expect((await dispatch.listOverdue(0, 10)).map((held) => held.taskId)).toEqual([overdue]);
    expect(await dispatch.listOverdue(60_000, 10)).toEqual([]);
    expect(await dispatch.listOrphans(10)).toEqual([]);
    const doomed = await fixture.register(1);
    const orphan = await fixture.submit();
    await fixture.claim(1, doomed);
    await databaseWait(fixture.store, 5);
    expect(await workers.loseExpired(0)).toEqual([doomed]);
    expect((await dispatch.listOrphans(10)).map((held) => held.taskId)).toEqual([orphan]);
  });
}
