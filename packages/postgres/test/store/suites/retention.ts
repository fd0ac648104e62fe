import { expect, it } from 'vitest';
import type { NewTask } from '@mayfly/core';
import { query } from '../../../src/sql/statements.ts';
import { ALL, OWNER, type Fixture } from '../fixture.ts';
import {
  dayAgo,
  DAY,
  finishOld,
  idOn,
  leafOf,
  lookAt,
  makeDay,
  waiterOn,
} from './retention-support.ts';

type Open = () => Promise<Fixture>;

const MONTH = 30 * DAY;

async function endOf(fixture: Fixture, name: string, retentionMs = MONTH) {
  return fixture.store.retention.end({ name, retentionMs });
}

export function retentionSuite(open: Open): void {
  it('drops what was kept long enough, with all that belongs to it', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    const ids = [1, 2, 3].map((number) => idOn(day, 0, number));
    const webhook = { url: 'http://example.com', events: ['completed' as const] };
    await finishOld(fixture, ids, 39, { webhook, totalTtlMs: 60_000 });
    const young = await fixture.submit();
    expect(await fixture.store.retention.listDue(MONTH)).toEqual([
      { name: leafOf(day, 0), retentionMs: MONTH },
    ]);
    expect(await endOf(fixture, leafOf(day, 0))).toEqual({ outcome: 'dropped', gone: 3, kept: 0 });
    expect(await fixture.store.reader.getMany([...ids, young], ALL)).toMatchObject([{ id: young }]);
    expect(await fixture.store.reader.attempts(ids[0] as string, ALL)).toBeNull();
    expect(await fixture.store.retention.listDue(MONTH)).toEqual([]);
    while (await fixture.store.retention.sweep());
    await using client = await fixture.connect();
    const left = await client.query(
      `
      select relname from pg_class where relname ~ $1
      union all select 'webhook' from webhook union all select 'wait_limit' from wait_limit
      union all select 'dropped_leaf' from dropped_leaf`,
      [leafOf(day, 0).slice(0, 8)],
    );
    expect(left.rows).toEqual([]);
  });

  it('keeps a day until its retention is over, counted from its end', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 5);
    const due = async (ms: number) => (await fixture.store.retention.listDue(ms)).length;
    expect(await due(3 * DAY)).toBe(1);
    expect(await due(5 * DAY)).toBe(0);
    expect(await endOf(fixture, leafOf(day, 0), 3 * DAY)).toMatchObject({ outcome: 'dropped' });
    expect(await endOf(fixture, leafOf(day, 0), 3 * DAY)).toMatchObject({ outcome: 'kept' });
  });

  it('writes a leaf anew for the few that have not finished, or not long ago', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    const [old, late, waiting, delayed, running] = [1, 2, 3, 4, 5].map((n) => idOn(day, 0, n));
    await finishOld(fixture, [old as string], 31);
    await finishOld(fixture, [late as string], 29);
    await fixture.submit({ id: running as string });
    const attempt = await fixture.claimOne();
    const chunk = { attempt: 1, seq: 0, stream: 'stdout' as const, data: Buffer.from('x') };
    await fixture.store.dispatch.appendOutput([{ taskId: attempt.taskId, ...chunk }]);
    await fixture.submit({ id: waiting as string, priority: -3 });
    await fixture.submit({ id: delayed as string, delayMs: 60_000 });
    const end = await endOf(fixture, leafOf(day, 0));
    expect(end).toEqual({ outcome: 'rewritten', gone: 1, kept: 4 });
    expect(await fixture.store.reader.get(old as string, ALL)).toBeNull();
    expect(await fixture.task(late as string)).toMatchObject({ status: 'completed' });
    expect(await fixture.statusOf(delayed as string)).toBe('scheduled');
    const from = { attempt: 0, seq: 0 };
    expect(await fixture.store.reader.output(attempt.taskId, from, 10)).toHaveLength(1);
    expect(await fixture.settle(attempt, 'completed')).toBe(true);
    expect(await fixture.claimOne()).toMatchObject({ taskId: waiting });
    // Now there is nothing to drop.
    expect(await endOf(fixture, leafOf(day, 0))).toEqual({ outcome: 'kept', gone: 0, kept: 4 });
  });

  it('leaves a leaf in peace in which too many must stay', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    await finishOld(fixture, [idOn(day, 0, 1)], 39);
    const tasks = Array.from({ length: 10_001 }, (_, n) =>
      fixture.newTask({ id: idOn(day, 0, n + 2) }),
    );
    await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
    expect(await endOf(fixture, leafOf(day, 0))).toEqual({
      outcome: 'kept',
      gone: 0,
      kept: 10_001,
    });
    expect(await fixture.statusOf(idOn(day, 0, 1))).toBe('completed');
  });

  it('drops the classes of a day each in its time', async () => {
    await using fixture = await open();
    const { queues } = fixture.store;
    await queues.change('brief', { retentionMs: 2 * DAY });
    await queues.change('long', { retentionMs: 60 * DAY });
    const classes = new Map(
      (await queues.listRetentions()).map((entry) => [entry.queue, entry.retentionClass]),
    );
    const brief = classes.get('brief') ?? 0;
    const long = classes.get('long') ?? 0;
    expect(new Set([0, brief, long]).size).toBe(3);
    const day = await makeDay(fixture, 40);
    const ids = [0, brief, long].map((kind) => idOn(day, kind, 1));
    await finishOld(fixture, ids, 39);
    expect(await lookAt(fixture.store.retention, MONTH)).toEqual(
      [leafOf(day, 0), leafOf(day, brief)].sort(),
    );
    const left = await fixture.store.reader.getMany(ids, ALL);
    expect(left.map((task) => task.id)).toEqual([ids[2]]);
    expect(await lookAt(fixture.store.retention, 90 * DAY)).toEqual([]);
    expect(await queues.list('long', 1)).toMatchObject([{ retentionMs: 60 * DAY }]);
  });

  it('stores a task of a new class at once, also under yesterday’s date', async () => {
    await using fixture = await open();
    await makeDay(fixture, 1);
    await fixture.store.queues.change('q', { retentionMs: 2 * DAY });
    const [entry] = await fixture.store.queues.listRetentions();
    for (const daysAgo of [1, 0, -1]) {
      const id = idOn(dayAgo(daysAgo), entry?.retentionClass ?? 0, 1);
      await fixture.submit({ id });
      expect(await fixture.statusOf(id)).toBe('pending');
    }
  });

  it('has places for fifteen retentions, tells of one more, and uses a free place again', async () => {
    await using fixture = await open();
    const { queues } = fixture.store;
    const wanted = Array.from({ length: 15 }, (_, n) => (n + 1) * DAY);
    await Promise.all(wanted.map((ms) => queues.change(`q${ms}`, { retentionMs: ms })));
    await queues.change('same', { retentionMs: 3 * DAY });
    await expect(queues.change('more', { retentionMs: 99 * DAY })).rejects.toMatchObject({
      code: 'queue.too_many_retentions',
      message: expect.stringMatching(/^There are 15 retentions in use already: .*3d 0h/),
      extra: { retentionsMs: wanted },
    });
    expect(await queues.list('more', 1)).toEqual([]);
    const before = new Map(
      (await queues.listRetentions()).map((entry) => [entry.queue, entry.retentionClass]),
    );
    await queues.change(`q${5 * DAY}`, { retentionMs: null });
    // Its leaves are there still, perhaps with tasks.
    await expect(queues.change('more', { retentionMs: 99 * DAY })).rejects.toThrow(/15 retentions/);
    const freed = before.get(`q${5 * DAY}`);
    await using client = await fixture.connect();
    const leaves = await client.query('select name from leaf where class = $1', [freed]);
    for (const { name } of leaves.rows as { name: string }[]) await endOf(fixture, name);
    await queues.change('more', { retentionMs: 99 * DAY });
    expect(await queues.listRetentions()).toContainEqual({ queue: 'more', retentionClass: freed });
  });

  it('deletes what is in no day, past its retention and finished', async () => {
    await using fixture = await open();
    const day = dayAgo(400);
    const [old, late, open_] = [1, 2, 3].map((number) => idOn(day, 9, number));
    await finishOld(fixture, [old as string], 31);
    await finishOld(fixture, [late as string], 29);
    await fixture.submit({ id: open_ as string });
    expect(await fixture.store.retention.removeStrays(MONTH)).toEqual([old]);
    expect(await fixture.store.retention.removeStrays(MONTH)).toEqual([]);
    expect(await fixture.store.reader.getMany([old, late, open_] as string[], ALL)).toHaveLength(2);
  });

  it('keeps a day while an Idempotency-Key from then may be used again', async () => {
    await using fixture = await open();
    await makeDay(fixture, 5);
    const idempotency = { owner: OWNER, key: 'k', bodyHash: Buffer.from('x') };
    await fixture.store.submissions.insert([{ tasks: [fixture.newTask()], idempotency }]);
    await using client = await fixture.connect();
    await client.query(`update idempotency_key set created_at = now() - interval '5 days'`);
    expect(await fixture.store.retention.listDue(DAY)).toEqual([]);
    await fixture.store.keeper.tidy();
    expect(await fixture.store.retention.listDue(DAY)).toHaveLength(1);
  });

  it('gives way to whoever uses the leaf, and changes nothing then', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    const id = idOn(day, 0, 1);
    await finishOld(fixture, [id], 39);
    await using reader = await fixture.connect();
    await reader.query('begin');
    await reader.query('select from task where id = $1', [id]);
    expect(await endOf(fixture, leafOf(day, 0))).toBeNull();
    expect(await fixture.statusOf(id)).toBe('completed');
    await reader.query('commit');
    expect(await endOf(fixture, leafOf(day, 0))).toMatchObject({ outcome: 'dropped' });
  });

  it('sees a retry that came first, and the task lives on', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    const ids = [idOn(day, 0, 1), idOn(day, 0, 2)];
    await finishOld(fixture, ids, 39);
    await using client = await fixture.connect();
    await client.query('begin');
    await client.query(query('retry'), [[ids[0]], null, 0]);
    expect(await endOf(fixture, leafOf(day, 0))).toBeNull();
    await client.query('commit');
    expect(await endOf(fixture, leafOf(day, 0))).toEqual({
      outcome: 'rewritten',
      gone: 1,
      kept: 1,
    });
    const attempt = await fixture.claimOne();
    expect(attempt).toMatchObject({ taskId: ids[0], attempt: 2 });
    expect(await fixture.settle(attempt, 'completed')).toBe(true);
  });

  it.each(['retry', 'remove', 'record-late', 'cancel', 'read', 'list', 'submit after'])(
    'lets a %s wait for the drop, which then finds nothing',
    async (what) => {
      await using fixture = await open();
      const day = await makeDay(fixture, 40);
      const id = idOn(day, 0, 1);
      const name = leafOf(day, 0);
      await finishOld(fixture, [id], 39);
      const { control, reader, dispatch, submissions } = fixture.store;
      const page = { after: null, limit: 10 };
      const all = { status: null, laneIds: null, labels: {}, search: null };
      const filter = { ...all, createdAfter: null, createdBefore: null };
      const late = {
        taskId: id,
        attempt: 1,
        workerId: fixture.workerId,
        outcome: 'completed' as const,
        resultJson: null,
        stopConfirmedAgoMs: null,
      };
      const task: NewTask = fixture.newTask({ after: [id] });
      const acts: Record<string, () => Promise<unknown>> = {
        retry: () => control.retry([id], ALL, 0),
        remove: () => control.remove([id], ALL),
        'record-late': () => dispatch.recordLate([late]),
        cancel: async () => (await control.cancel([id], ALL)).cancelled,
        read: () => reader.getMany([id], ALL),
        list: async () => (await reader.list(filter, ALL, page)).items,
        'submit after': async () => {
          const [end] = await submissions.insert([
            { tasks: [task], idempotency: null, seesAll: true },
          ]);
          expect(end).toMatchObject({ kind: 'refused', unknown: [id] });
          return [];
        },
      };
      await using dropper = await fixture.connect();
      await dropper.query('begin');
      const ended = await dropper.query(query('end-leaf'), [name, MONTH, 100, 1000]);
      expect(ended.rows).toEqual([{ outcome: 'dropped', gone: 1, kept: 0 }]);
      const act = (acts[what] as () => Promise<unknown>)();
      await waiterOn(fixture);
      await dropper.query('commit');
      expect(await act).toEqual(what === 'record-late' ? expect.anything() : []);
      expect(await reader.get(id, ALL)).toBeNull();
    },
  );

  it('is done once when two servers look at the same time', async () => {
    await using fixture = await open();
    const day = await makeDay(fixture, 40);
    await finishOld(fixture, [idOn(day, 0, 1)], 39);
    const ends = await Promise.all([1, 2, 3].map(() => endOf(fixture, leafOf(day, 0))));
    const outcomes = ends.map((end) => end?.outcome ?? 'kept').sort();
    expect(outcomes).toEqual(['dropped', 'kept', 'kept']);
  });
}
