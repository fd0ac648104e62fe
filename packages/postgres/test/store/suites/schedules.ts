import type { NewSchedule, SlotFiring, StoredSchedule } from '@mayfly/core';
import { v7 as uuidv7 } from 'uuid';
import { expect, it } from 'vitest';
import { ALL, OWNER, STRANGER, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const SLOTS = [1, 2, 3, 4, 5].map((hour) => new Date(`2026-01-01T0${hour}:00:00Z`));
const at = (index: number): Date => SLOTS[index] as Date;

export function scheduleSuite(open: Open): void {
  const newSchedule = (fixture: Fixture, changes: Partial<NewSchedule> = {}): NewSchedule => ({
    id: uuidv7(),
    owner: OWNER,
    name: 'nightly',
    timing: { kind: 'cron', cron: '0 * * * *', timeZone: 'Europe/Berlin' },
    catchUp: 'last',
    catchUpMax: 7,
    overlap: 'skip',
    taskJson: '{"type":"noop","text":"null \\\\u0000"}',
    laneId: fixture.laneId,
    paused: false,
    nextAt: at(0),
    ...changes,
  });

  async function add(
    fixture: Fixture,
    changes: Partial<NewSchedule> = {},
  ): Promise<StoredSchedule> {
    const schedule = newSchedule(fixture, changes);
    expect(await fixture.store.schedules.add(schedule)).toBe(true);
    return (await fixture.store.schedules.get(schedule.id, ALL)) as StoredSchedule;
  }

  /** Fires the slot of an index, and moves on to the next one. */
  const firing = (fixture: Fixture, schedule: StoredSchedule, index: number): SlotFiring => ({
    schedule,
    expected: at(index),
    slot: at(index),
    next: SLOTS[index + 1] ?? null,
    task: fixture.newTask(),
  });

  it('keeps what was set, each owner with names of their own', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const cron = newSchedule(fixture);
    expect(await schedules.add(cron)).toBe(true);
    expect(await schedules.add({ ...cron, id: uuidv7() })).toBe(false);
    const timing = { kind: 'every', everyMs: 5000, anchorAt: at(0) } as const;
    const every = newSchedule(fixture, { owner: STRANGER, timing, paused: true, nextAt: null });
    expect(await schedules.add(every)).toBe(true);
    expect(await schedules.get(cron.id, { owner: OWNER })).toMatchObject({
      ...cron,
      revision: 1,
      lastRun: null,
    });
    expect(await schedules.get(cron.id, { owner: STRANGER })).toBeNull();
    const ids = async (owner: string | null, after: string | null = null) =>
      (await schedules.list({ owner }, { after, limit: 10 })).map(({ id }) => id);
    expect(await ids(null)).toEqual([every.id, cron.id]);
    expect(await ids(null, every.id)).toEqual([cron.id]);
    expect(await ids(STRANGER)).toEqual([every.id]);
    expect(await schedules.remove(cron.id, { owner: STRANGER })).toBe(false);
    expect(await schedules.remove(cron.id, { owner: OWNER })).toBe(true);
    expect(await ids(null)).toEqual([every.id]);
  });

  it('saves a change once, and leaves the slot alone unless it is to move', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const first = await add(fixture);
    await add(fixture, { name: 'other' });
    const change = { ...first, overlap: 'queue' as const, nextAt: undefined };
    expect(await schedules.save(first.id, 1, change)).toBe('saved');
    expect(await schedules.save(first.id, 1, change)).toBe('changed');
    expect(await schedules.get(first.id, ALL)).toMatchObject({ overlap: 'queue', nextAt: at(0) });
    expect(await schedules.save(first.id, 2, { ...change, name: 'other' })).toBe('name-taken');
    await schedules.save(first.id, 2, { ...change, paused: true, nextAt: null });
    expect(await schedules.get(first.id, ALL)).toMatchObject({ paused: true, nextAt: null });
    expect(await schedules.getDue(first.id)).toBeNull();
  });

  it('lists what is due by the database clock', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const now = (await schedules.now()).getTime();
    const due = await add(fixture);
    const soon = await add(fixture, { name: 'soon', nextAt: new Date(now + 60_000) });
    await add(fixture, { name: 'later', nextAt: new Date(now + 3_600_000) });
    const found = await schedules.listDue(120_000, 10);
    expect(found.map(({ id }) => id)).toEqual([due.id, soon.id]);
    expect(found[0]!.inMs).toBeLessThan(0);
    expect(found[1]!.inMs).toBeGreaterThan(0);
    expect((await schedules.getDue(due.id))?.now.getTime()).toBeGreaterThanOrEqual(now);
    expect(await schedules.getDue(soon.id)).toBeNull();
  });

  it('gives a slot to one of many who fire it at once', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture, { overlap: 'queue' });
    for (const index of [0, 1, 2]) {
      const racers = Array.from({ length: 6 }, () => firing(fixture, schedule, index));
      const results = await Promise.all(racers.map((racer) => schedules.fire(racer)));
      expect(results.map(({ kind }) => kind).toSorted()).toEqual([
        'fired',
        ...Array.from({ length: 5 }, () => 'taken'),
      ]);
    }
    expect((await fixture.store.reader.stats(1)).totals['submitted']).toBe(3);
    const runs = await schedules.runs(schedule.id, 10);
    expect(runs.map(({ slotAt }) => slotAt)).toEqual(
      [2, 1, 0].map((index) => at(index).toISOString()),
    );
    expect(await schedules.get(schedule.id, ALL)).toMatchObject({ nextAt: at(3) });
  });

  it('moves on only when the task is stored, and stores it only when it moves on', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture);
    const broken = firing(fixture, schedule, 0);
    await expect(
      schedules.fire({ ...broken, task: fixture.newTask({ ttlMs: -1 }) }),
    ).rejects.toThrow(/ttl_ms/);
    expect(await schedules.get(schedule.id, ALL)).toMatchObject({ nextAt: at(0), lastRun: null });
    await schedules.save(schedule.id, 1, { ...schedule, nextAt: undefined });
    expect(await schedules.fire(broken)).toEqual({ kind: 'taken' });
    expect((await fixture.store.reader.stats(1)).totals['submitted']).toBe(0);
  });

  it('passes slots without firing', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture);
    const pass = { schedule, expected: at(0), next: at(3) };
    expect(await schedules.pass(pass)).toBe(true);
    expect(await schedules.pass(pass)).toBe(false);
    expect(await schedules.get(schedule.id, ALL)).toMatchObject({ nextAt: at(3), lastRun: null });
  });

  it('skips a slot while an earlier task has not ended', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture);
    expect(await schedules.fire(firing(fixture, schedule, 0))).toMatchObject({ kind: 'fired' });
    expect(await schedules.fire(firing(fixture, schedule, 1))).toEqual({ kind: 'skipped' });
    expect(await schedules.get(schedule.id, ALL)).toMatchObject({
      nextAt: at(2),
      lastRun: { slotAt: at(1).toISOString(), taskId: null, planned: true },
    });
    await fixture.settle(await fixture.claimOne(), 'completed');
    expect(await schedules.fire(firing(fixture, schedule, 2))).toMatchObject({ kind: 'fired' });
  });

  it('queues a slot behind the earlier tasks, whatever becomes of them', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture, { overlap: 'queue' });
    const ids: string[] = [];
    for (const index of [0, 1, 2]) {
      const next = firing(fixture, schedule, index);
      ids.push(next.task.id);
      expect(await schedules.fire(next)).toMatchObject({ kind: 'fired', waits: index > 0 });
    }
    for (const id of ids) {
      const waiting = await fixture.claim(5);
      expect(waiting.map(({ taskId }) => taskId)).toEqual([id]);
      await fixture.settle(waiting[0]!, 'failed');
    }
  });

  it('cancels the earlier task, and starts the next one when that is dead', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture, { overlap: 'cancel-running' });
    const [first, second, third] = [0, 1, 2].map((index) => firing(fixture, schedule, index));
    await schedules.fire(first!);
    const running = await fixture.claimOne();
    expect(await schedules.fire(second!)).toMatchObject({
      kind: 'fired',
      waits: true,
      stopping: [{ taskId: first!.task.id, workerId: fixture.workerId }],
      cancelled: [],
    });
    expect(await schedules.fire(third!)).toMatchObject({
      stopping: [{ taskId: first!.task.id }],
      cancelled: [second!.task.id],
    });
    expect(await fixture.claim(5)).toEqual([]);
    await fixture.settle(running, 'cancelled');
    expect(await fixture.statusOf(second!.task.id)).toBe('cancelled');
    expect(await fixture.claimOne()).toMatchObject({ taskId: third!.task.id });
  });

  it('runs out of turn without touching the slots', async () => {
    await using fixture = await open();
    const { schedules } = fixture.store;
    const schedule = await add(fixture, { paused: true, nextAt: null });
    const task = fixture.newTask();
    expect(await schedules.runNow(schedule.id, task)).not.toBeNull();
    expect(await fixture.statusOf(task.id)).toBe('pending');
    expect(await schedules.get(schedule.id, ALL)).toMatchObject({
      nextAt: null,
      lastRun: { taskId: task.id, planned: false },
    });
    expect(await schedules.runNow(uuidv7(), fixture.newTask())).toBeNull();
    expect((await fixture.store.reader.stats(1)).totals['submitted']).toBe(1);
  });
}
