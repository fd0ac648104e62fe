import { scheduleCreationSchema, type Schedule, type ScheduleCreation } from '@mayfly/contracts';
import type { NewSchedule } from '@mayfly/core';
import { startDatabase, type TestServer } from '@mayfly/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME } from './harness.ts';

const HOUR = 3_600_000;

describe('schedules', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  const create = (harness: Harness, creation: Partial<ScheduleCreation>): Promise<Schedule> =>
    harness.core.schedules.create(
      ME,
      scheduleCreationSchema.parse({
        name: 'test',
        task: { type: 'noop', ttlMs: 1000, labels: { by: 'clock' } },
        ...creation,
      }),
    );

  /** Puts a schedule into the store whose next slot lies in the past. */
  async function overdue(harness: Harness, changes: Partial<NewSchedule>): Promise<string> {
    const { id: laneId } = await harness.core.lanes.ensure({
      queue: 'default',
      type: 'noop',
      runtime: '',
    });
    const now = (await harness.store.schedules.now()).getTime();
    const schedule: NewSchedule = {
      id: uuidv7(),
      owner: ME.id,
      name: 'overdue',
      timing: { kind: 'every', everyMs: HOUR, anchorAt: new Date(now - 5.5 * HOUR) },
      catchUp: 'last',
      catchUpMax: 3,
      overlap: 'queue',
      taskJson: JSON.stringify((await sample(harness)).task),
      laneId,
      paused: false,
      nextAt: new Date(now - 4.5 * HOUR),
      ...changes,
    };
    await harness.store.schedules.add(schedule);
    return schedule.id;
  }

  async function sample(harness: Harness): Promise<Schedule> {
    return create(harness, { name: uuidv7(), everyMs: HOUR, paused: true });
  }

  /** Resolves when the next slot lies ahead. */
  async function caughtUp(harness: Harness, id: string): Promise<Schedule> {
    for (;;) {
      const schedule = await harness.core.schedules.get(ME, id, 1);
      const now = await harness.store.schedules.now();
      if (Date.parse(schedule.nextRuns[0] ?? '') > now.getTime()) return schedule;
    }
  }

  it('fire each second, to the second', async () => {
    await using harness = await Harness.open(server);
    harness.core.keeper.start();
    const worker = await harness.worker(3);
    const schedule = await create(harness, { everyMs: 1000, overlap: 'queue' });
    const first = await worker.nextAssignment();
    worker.report(first, 'completed', {});
    await worker.nextAssignment();
    const runs = await harness.core.schedules.runs(ME, schedule.id, 10);
    expect(
      runs
        .map(({ slotAt }) => slotAt)
        .toReversed()
        .slice(0, 2),
    ).toEqual(schedule.nextRuns.slice(0, 2));
    expect(runs.at(-1)?.taskId).toBe(first.taskId);
    for (const run of runs) {
      expect(Date.parse(run.at) - Date.parse(run.slotAt)).toBeGreaterThanOrEqual(0);
    }
    expect(await harness.get(first.taskId)).toMatchObject({ labels: { by: 'clock' }, ttlMs: 1000 });
  });

  it.each([
    ['skip', 0],
    ['last', 1],
    ['all', 3],
  ] as const)('with %s catch up %i slots after a time without a server', async (catchUp, count) => {
    await using harness = await Harness.open(server);
    const id = await overdue(harness, { catchUp });
    harness.core.keeper.start();
    await caughtUp(harness, id);
    const runs = await harness.core.schedules.runs(ME, id, 10);
    expect(runs).toHaveLength(count);
    expect(new Set(runs.map((run) => run.taskId)).size).toBe(count);
  });

  it('fire once on several servers, also when all of them take themselves for the leader', async () => {
    await using harness = await Harness.open(server);
    // Servers that have no lock between them: each one leads.
    const keeper = new Proxy(harness.store.keeper, {
      get(target, name) {
        if (name === 'tryLead')
          return async () => ({ onLost: () => undefined, release: async () => undefined });
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const store = { ...harness.store, keeper, close: async () => undefined };
    const others = await Promise.all([1, 2, 3].map(() => Harness.open(server, { store })));
    const id = await overdue(harness, { catchUp: 'all', catchUpMax: 100 });
    for (const other of others) other.core.keeper.start();
    await caughtUp(harness, id);
    await Promise.all(others.map((other) => other.core.close()));
    const runs = await harness.core.schedules.runs(ME, id, 100);
    expect(runs).toHaveLength(5);
    expect((await harness.store.reader.stats(1)).totals['submitted']).toBe(5);
  });

  it('keep firing under the next leader, without a gap and without a double', async () => {
    await using first = await Harness.open(server);
    const second = await Harness.open(server, {
      store: { ...first.store, close: async () => undefined },
    });
    first.core.keeper.start();
    while (!first.core.keeper.leads) await first.store.ping();
    second.core.keeper.start();
    const schedule = await create(first, { everyMs: 1000, overlap: 'queue', catchUp: 'skip' });
    const fired = async (count: number): Promise<void> => {
      while ((await first.core.schedules.runs(ME, schedule.id, 10)).length < count) {
        await first.store.ping();
      }
    };
    await fired(1);
    await first.core.keeper.stop();
    await fired(3);
    await second.core.close();
    const runs = (await first.core.schedules.runs(ME, schedule.id, 10)).toReversed();
    expect(runs.slice(0, 3).map(({ slotAt }) => slotAt)).toEqual(schedule.nextRuns.slice(0, 3));
    expect(runs.every((run) => run.taskId !== null)).toBe(true);
  });

  it('change their timing, pause and resume', async () => {
    await using harness = await Harness.open(server);
    const { schedules } = harness.core;
    const { id } = await create(harness, { cron: '0 3 * * *', timeZone: 'Europe/Berlin' });
    const every = await schedules.change(ME, id, { everyMs: HOUR });
    expect(every).toMatchObject({ everyMs: HOUR, cron: null, timeZone: null });
    const paused = await schedules.pause(ME, id);
    expect(paused).toMatchObject({ paused: true, nextRuns: [] });
    const resumed = await schedules.resume(ME, id);
    expect(Date.parse(resumed.nextRuns[0]!)).toBeGreaterThan(Date.parse(every.nextRuns[0]!));
    expect(await schedules.resume(ME, id)).toMatchObject({ nextRuns: resumed.nextRuns });
    const zoned = await schedules.change(ME, id, { cron: '0 3 * * *', timeZone: 'Asia/Tokyo' });
    expect(zoned.nextRuns.every((slot) => slot.endsWith('T18:00:00.000Z'))).toBe(true);
    const moved = await schedules.change(ME, id, { timeZone: 'UTC' });
    expect(moved).toMatchObject({ cron: '0 3 * * *', timeZone: 'UTC' });
    const renamed = await schedules.change(ME, id, { name: 'other', overlap: 'queue' });
    expect(renamed).toMatchObject({ name: 'other', overlap: 'queue', nextRuns: moved.nextRuns });
  });

  it('run out of turn, paused or not', async () => {
    await using harness = await Harness.open(server);
    const worker = await harness.worker();
    const { id } = await create(harness, { everyMs: HOUR, paused: true });
    const task = await harness.core.schedules.run(ME, id);
    expect(await worker.nextAssignment()).toMatchObject({ taskId: task.id });
    expect(await harness.core.schedules.get(ME, id, 0)).toMatchObject({
      lastRun: { taskId: task.id, planned: false },
    });
  });
});
