import type { QueueChange } from '@mayfly/contracts';
import type { ClaimedAttempt, LimitedClaim, NewTask } from '@mayfly/core';
import { expect, it } from 'vitest';
import { databaseWait, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const QUEUE = 'default';

async function keyedLane(fixture: Fixture): Promise<number> {
  const wanted = { queue: QUEUE, type: 'noop', runtime: '', keyed: true };
  return (await fixture.store.workers.ensureLane(wanted)).id;
}

async function submitKeyed(fixture: Fixture, key: string, count: number): Promise<string[]> {
  const laneId = await keyedLane(fixture);
  const tasks = Array.from({ length: count }, () =>
    fixture.newTask({ laneId, concurrencyKey: key }),
  );
  await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
  return tasks.map((task) => task.id);
}

async function claimLimited(fixture: Fixture, count: number): Promise<LimitedClaim> {
  return fixture.store.dispatch.claimLimited({
    queue: QUEUE,
    laneIds: [fixture.laneId, await keyedLane(fixture)],
    slots: Array.from({ length: count }, () => fixture.workerId),
    sessions: [fixture.sessionOf()],
  });
}

async function submitMany(fixture: Fixture, count: number): Promise<NewTask[]> {
  const tasks = Array.from({ length: count }, () => fixture.newTask());
  await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
  return tasks;
}

function change(fixture: Fixture, controls: QueueChange & { paused?: boolean }): Promise<void> {
  return fixture.store.queues.change(QUEUE, controls);
}

const idsOf = (claimed: ClaimedAttempt[]): string[] => claimed.map((attempt) => attempt.taskId);

export function queueSuite(open: Open): void {
  it('keeps controls, leaves alone what is not named, and takes away what is null', async () => {
    await using fixture = await open();
    const { queues } = fixture.store;
    expect(await queues.listControls()).toEqual([]);
    await change(fixture, { concurrency: 5, keyRateLimit: { count: 2, perMs: 86_400_000 } });
    await change(fixture, { concurrency: null, keyConcurrency: 3, paused: true });
    expect(await queues.listControls()).toEqual([
      {
        name: QUEUE,
        paused: true,
        concurrency: null,
        rateLimit: null,
        keyConcurrency: 3,
        keyRateLimit: { count: 2, perMs: 86_400_000 },
      },
    ]);
    await change(fixture, { keyConcurrency: null, keyRateLimit: null, paused: false });
    expect(await queues.listControls()).toEqual([]);
  });

  it('starts nothing of a paused queue by either way, and all of it after that', async () => {
    await using fixture = await open();
    const id = await fixture.submit();
    await change(fixture, { paused: true });
    expect(await fixture.claim()).toEqual([]);
    expect(await claimLimited(fixture, 1)).toEqual({ attempts: [], moved: [], nextInMs: null });
    await change(fixture, { paused: false });
    expect(idsOf((await claimLimited(fixture, 1)).attempts)).toEqual([id]);
  });

  it('starts nothing after a pause has come back, whatever claims at that time', async () => {
    await using fixture = await open();
    await submitMany(fixture, 3000);
    for (let round = 0; round < 10; round++) {
      const state = { paused: false };
      const claiming = Array.from({ length: 6 }, async () => {
        do await fixture.claim(2);
        while (!state.paused);
      });
      await change(fixture, { paused: true });
      const { dispatch } = fixture.store;
      const started = (await dispatch.listHeld(fixture.workerId)).length;
      state.paused = true;
      await Promise.all(claiming);
      expect((await dispatch.listHeld(fixture.workerId)).length).toBe(started);
      await change(fixture, { paused: false });
    }
  });

  it('never runs more at once than the queue allows, whatever claims at once', async () => {
    await using fixture = await open();
    await submitMany(fixture, 50);
    await submitKeyed(fixture, 'k', 50);
    await change(fixture, { concurrency: 7 });
    const claims = await Promise.all(Array.from({ length: 12 }, () => claimLimited(fixture, 5)));
    const running = claims.flatMap((claim) => claim.attempts);
    expect(running).toHaveLength(7);
    expect((await claimLimited(fixture, 5)).attempts).toEqual([]);
    for (const attempt of running.slice(0, 2)) await fixture.settle(attempt, 'completed');
    expect((await claimLimited(fixture, 5)).attempts).toHaveLength(2);
  });

  it('counts what ran before the limit was set', async () => {
    await using fixture = await open();
    await submitMany(fixture, 4);
    await submitKeyed(fixture, 'k', 2);
    const [first] = await fixture.claim(2);
    const lane = await keyedLane(fixture);
    const sessions = [fixture.sessionOf()];
    await fixture.store.dispatch.claim({ laneIds: [lane], slots: [fixture.workerId], sessions });
    await change(fixture, { concurrency: 4, keyConcurrency: 1 });
    expect((await claimLimited(fixture, 9)).attempts).toHaveLength(1);
    await fixture.settle(first as ClaimedAttempt, 'completed');
    const [next] = (await claimLimited(fixture, 9)).attempts;
    expect((await fixture.task(next?.taskId ?? '')).concurrencyKey).toBeNull();
  });

  it('frees the slot of every attempt that ends, however it ends', async () => {
    await using fixture = await open();
    await change(fixture, { concurrency: 1 });
    const ends = ['completed', 'failed', 'expired', 'cancelled', 'lost'] as const;
    for (const end of ends) {
      await fixture.submit();
      const [attempt] = (await claimLimited(fixture, 3)).attempts;
      await fixture.settle(attempt as ClaimedAttempt, end);
    }
    const [attempt] = (await claimLimited(fixture, 3)).attempts;
    await fixture.store.dispatch.giveBack(fixture.sessionOf(), [attempt as ClaimedAttempt]);
    expect((await claimLimited(fixture, 3)).attempts).toHaveLength(1);
  });

  it('never runs more of a key at once than the queue allows for each', async () => {
    await using fixture = await open();
    await submitKeyed(fixture, 'a', 20);
    await submitKeyed(fixture, 'b', 1);
    await submitMany(fixture, 3);
    await change(fixture, { keyConcurrency: 2 });
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimLimited(fixture, 4)));
    const attempts = claims.flatMap((claim) => claim.attempts);
    const keys = await Promise.all(attempts.map((attempt) => fixture.task(attempt.taskId)));
    const count = (key: string | null): number =>
      keys.filter((task) => task.concurrencyKey === key).length;
    expect([count('a'), count('b'), count(null)]).toEqual([2, 1, 3]);
  });

  it('lets keys take turns, so that a long line of one does not hold up the others', async () => {
    await using fixture = await open();
    const many = await submitKeyed(fixture, 'a', 200);
    const few = await submitKeyed(fixture, 'b', 3);
    const none = (await submitMany(fixture, 2)).map((task) => task.id);
    await change(fixture, { concurrency: 1 });
    const order: string[] = [];
    for (let turn = 0; turn < 10; turn++) {
      const [attempt] = (await claimLimited(fixture, 1)).attempts;
      order.push(attempt?.taskId ?? '');
      await fixture.settle(attempt as ClaimedAttempt, 'completed');
    }
    expect(order.filter((id) => many.includes(id)).length).toBe(5);
    expect(order.filter((id) => few.includes(id))).toEqual(few);
    expect(order.filter((id) => none.includes(id))).toEqual(none);
    await change(fixture, { concurrency: 6 });
    const more = await submitKeyed(fixture, 'c', 2);
    const batch = idsOf((await claimLimited(fixture, 9)).attempts);
    expect(batch.filter((id) => more.includes(id))).toEqual(more);
    expect(batch).toHaveLength(6);
  });

  it('starts three of one key among the first, behind ten thousand of another', async () => {
    await using fixture = await open();
    await change(fixture, { concurrency: 2 });
    await submitKeyed(fixture, 'a', 10_000);
    const few = await submitKeyed(fixture, 'b', 3);
    const order: string[] = [];
    while (order.length < 8) {
      const { attempts } = await claimLimited(fixture, 2);
      order.push(...idsOf(attempts));
      for (const attempt of attempts) await fixture.settle(attempt, 'completed');
    }
    expect(order.slice(0, 6).filter((id) => few.includes(id))).toEqual(few);
  });

  it('starts those of one key by priority, then by age', async () => {
    await using fixture = await open();
    const laneId = await keyedLane(fixture);
    const old = await fixture.submit({ laneId, concurrencyKey: 'k' });
    const urgent = await fixture.submit({ laneId, concurrencyKey: 'k', priority: 5 });
    await change(fixture, { keyConcurrency: 5 });
    expect(idsOf((await claimLimited(fixture, 5)).attempts)).toEqual([urgent, old]);
  });

  it('finds the key that may start behind any number that may not', async () => {
    await using fixture = await open();
    const laneId = await keyedLane(fixture);
    const keys = Array.from({ length: 1100 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await change(fixture, { keyConcurrency: 1 });
    const tasks = keys.flatMap((key) =>
      [0, 1].map(() => fixture.newTask({ laneId, concurrencyKey: key })),
    );
    await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
    let started = 0;
    for (let claims = 0; claims < 10 && started < keys.length; claims++)
      started += (await claimLimited(fixture, 500)).attempts.length;
    expect(started).toBe(keys.length);
    const last = await fixture.submit({ laneId, concurrencyKey: 'z' });
    let claim = await claimLimited(fixture, 5);
    for (let looks = 0; looks < 3 && claim.attempts.length === 0; looks++) {
      expect(claim.nextInMs).toBe(0);
      claim = await claimLimited(fixture, 5);
    }
    expect(idsOf(claim.attempts)).toEqual([last]);
  });

  it('never starts more within the time of a rate limit, and says when the next may start', async () => {
    await using fixture = await open();
    await submitMany(fixture, 40);
    const perMs = 400;
    await change(fixture, { rateLimit: { count: 5, perMs } });
    const claims = await Promise.all(Array.from({ length: 6 }, () => claimLimited(fixture, 3)));
    expect(claims.flatMap((claim) => claim.attempts)).toHaveLength(5);
    const { attempts, nextInMs } = await claimLimited(fixture, 3);
    expect(attempts).toEqual([]);
    expect(nextInMs).toBeGreaterThan(0);
    expect(nextInMs).toBeLessThanOrEqual(perMs);
    const starts: number[] = [];
    while (starts.length < 12) {
      const claim = await claimLimited(fixture, 3);
      for (const attempt of claim.attempts) {
        const task = await fixture.task(attempt.taskId);
        starts.push(Date.parse(task.startedAt ?? ''));
      }
      if (claim.nextInMs !== null) await databaseWait(fixture.store, claim.nextInMs);
    }
    for (const [index, start] of starts.slice(5).entries())
      expect(start - (starts[index] as number)).toBeGreaterThanOrEqual(perMs - 1);
  });

  it('counts every start within the time, also those of one moment', async () => {
    await using fixture = await open();
    await submitMany(fixture, 9);
    await change(fixture, { rateLimit: { count: 4, perMs: 60_000 } });
    const counts: number[] = [];
    for (let claims = 0; claims < 6; claims++)
      counts.push((await claimLimited(fixture, 1)).attempts.length);
    expect(counts).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it('limits the rate of each key by itself', async () => {
    await using fixture = await open();
    await submitKeyed(fixture, 'a', 9);
    await submitKeyed(fixture, 'b', 9);
    await submitMany(fixture, 4);
    await change(fixture, { keyRateLimit: { count: 2, perMs: 60_000 } });
    const { attempts, nextInMs } = await claimLimited(fixture, 50);
    expect(attempts).toHaveLength(8);
    expect(nextInMs).toBeGreaterThan(50_000);
    expect((await claimLimited(fixture, 50)).attempts).toEqual([]);
  });

  it('does not ask to look again when nothing is held back', async () => {
    await using fixture = await open();
    await change(fixture, {
      rateLimit: { count: 5, perMs: 1 },
      keyRateLimit: { count: 5, perMs: 1 },
    });
    expect((await claimLimited(fixture, 9)).nextInMs).toBeNull();
    await fixture.submit();
    expect(await claimLimited(fixture, 9)).toMatchObject({ nextInMs: null });
  });

  it('counts and lists queues, by name or all', async () => {
    await using fixture = await open();
    const { queues } = fixture.store;
    await submitMany(fixture, 3);
    await submitKeyed(fixture, 'k', 2);
    await fixture.settle(await fixture.claimOne(), 'completed');
    await fixture.claim();
    await queues.change('other', { concurrency: 1 });
    const [own, other] = await queues.list(null, 1);
    expect(own).toMatchObject({
      name: QUEUE,
      pending: 3,
      running: 1,
      paused: false,
      totals: { submitted: 5, completed: 1 },
    });
    expect(own?.oldestWaitMs).toBeGreaterThanOrEqual(0);
    expect(other).toMatchObject({ name: 'other', pending: 0, oldestWaitMs: null, concurrency: 1 });
    expect(await queues.list('other', 1)).toEqual([other]);
    expect(await queues.list('none', 1)).toEqual([]);
  });

  it('tells where a pending task stands', async () => {
    await using fixture = await open();
    const { queues } = fixture.store;
    await fixture.submit({ priority: 3 });
    const plain = await fixture.submit();
    const standing = async (id: string) => queues.standing(await fixture.task(id));
    expect(await standing(plain)).toEqual({ runtime: '', ahead: 1, load: null });
    const [first, second] = await submitKeyed(fixture, 'a', 2);
    const [other] = await submitKeyed(fixture, 'b', 1);
    await change(fixture, { rateLimit: { count: 9, perMs: 60_000 }, keyConcurrency: 1 });
    await claimLimited(fixture, 3);
    expect(await standing(first ?? '')).toBeNull();
    expect(await standing(other ?? '')).toBeNull();
    const found = await standing(second ?? '');
    expect(found).toMatchObject({ ahead: 0, load: { running: 3, started: 3 } });
    expect(found?.load?.freeInMs).toBeGreaterThan(50_000);
    expect(found?.load?.keys).toEqual([{ key: 'a', running: 1, started: 0, freeInMs: null }]);
    expect((await standing(plain))?.load?.keys[0]?.running).toBe(0);
  });

  it('keeps the key of a task wherever it goes', async () => {
    await using fixture = await open();
    const laneId = await keyedLane(fixture);
    await change(fixture, { keyConcurrency: 1 });
    const id = await fixture.submit({ laneId, concurrencyKey: 'k', delayMs: 1 });
    await databaseWait(fixture.store, 3);
    const { keeper, control, dispatch } = fixture.store;
    await keeper.wake([id]);
    const next = async (): Promise<ClaimedAttempt> => {
      const [attempt] = (await claimLimited(fixture, 2)).attempts;
      return attempt as ClaimedAttempt;
    };
    await dispatch.giveBack(fixture.sessionOf(), [await next()]);
    await control.change(id, { priority: 3 }, { owner: null });
    await fixture.settle(await next(), 'lost');
    await fixture.settle(await next(), 'completed');
    await control.retry([id], { owner: null }, 0);
    await fixture.submit({ laneId, concurrencyKey: 'k' });
    expect((await next()).taskId).toBe(id);
    expect((await claimLimited(fixture, 2)).attempts).toEqual([]);
  });
}
