import type { NewTask, StoredUniqueBatch, UniqueBatch, UniqueUnit } from '@mayfly/core';
import { expect, it } from 'vitest';
import { databaseWait, OWNER, STRANGER, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const hash = (text: string): Buffer => Buffer.from(text.padEnd(32, '.'));

export function submissionSuite(open: Open): void {
  it('stores a task with every field', async () => {
    await using fixture = await open();
    const retry = {
      maxAttempts: 3,
      backoff: 'fixed',
      delayMs: 5,
      maxDelayMs: 9,
      jitter: 0,
      retryOn: ['failed'],
    } as const;
    const id = await fixture.submit({
      priority: -7,
      ttlMs: 1234,
      graceMs: 56,
      queueTtlMs: 7890,
      totalTtlMs: 99_999_999_999,
      description: 'ünïcödé "quoted", {braced} \\ and, commas',
      labels: { team: 'a,b', 'k"ey': '' },
      retry: { ...retry, retryOn: [...retry.retryOn] },
      paramsJson: JSON.stringify({ text: 'null \u0000 and \ud800 and {"a":1}' }),
    });
    const task = await fixture.task(id);
    expect(task).toMatchObject({
      type: 'noop',
      queue: 'default',
      status: 'pending',
      priority: -7,
      ttlMs: 1234,
      graceMs: 56,
      queueTtlMs: 7890,
      totalTtlMs: 99_999_999_999,
      description: 'ünïcödé "quoted", {braced} \\ and, commas',
      labels: { team: 'a,b', 'k"ey': '' },
      retry,
      attempt: 0,
      owner: OWNER,
      params: { text: 'null \u0000 and \ud800 and {"a":1}' },
      result: null,
      error: null,
    });
  });

  it('keeps a task with a time to come out of the ready ones', async () => {
    await using fixture = await open();
    const runAt = new Date(Date.now() + 3_600_000);
    const later = await fixture.submit({ runAt });
    const delayed = await fixture.submit({ delayMs: 3_600_000 });
    const past = await fixture.submit({ runAt: new Date(Date.now() - 60_000) });
    expect(await fixture.statusOf(later)).toBe('scheduled');
    expect((await fixture.task(later)).runAt).toBe(runAt.toISOString());
    expect(await fixture.statusOf(delayed)).toBe('scheduled');
    expect(await fixture.statusOf(past)).toBe('pending');
    expect((await fixture.claim(5)).map((attempt) => attempt.taskId)).toEqual([past]);
  });

  it('stores a unit wholly or not at all', async () => {
    await using fixture = await open();
    const good = fixture.newTask();
    const bad = fixture.newTask({ ttlMs: -1 });
    await expect(
      fixture.store.submissions.insert([{ tasks: [good, bad], idempotency: null }]),
    ).rejects.toThrow(/ttl_ms/);
    expect(await fixture.store.reader.getMany([good.id, bad.id], { owner: null })).toEqual([]);
  });

  it('stores thousands in one statement', async () => {
    await using fixture = await open();
    const tasks = Array.from({ length: 5000 }, () => fixture.newTask());
    await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
    const { waiting, totals } = await fixture.store.reader.stats(1);
    expect(waiting).toEqual([{ queue: 'default', type: 'noop', pending: 5000 }]);
    expect(totals['submitted']).toBe(5000);
  });

  it('answers a repeated key with the tasks of the first time', async () => {
    await using fixture = await open();
    const unit = (key: string, body: string, owner = OWNER) => ({
      tasks: [fixture.newTask({ owner })],
      idempotency: { owner, key, bodyHash: hash(body) },
    });
    const first = unit('k', 'body');
    const [created] = await fixture.store.submissions.insert([first]);
    expect(created).toMatchObject({ kind: 'created' });
    const [same, other, stranger] = await fixture.store.submissions.insert([
      unit('k', 'body'),
      unit('k', 'another body'),
      unit('k', 'body', STRANGER),
    ]);
    expect(same).toEqual({ kind: 'repeated', taskIds: [first.tasks[0]?.id], sameBody: true });
    expect(other).toMatchObject({ kind: 'repeated', sameBody: false });
    expect(stranger).toMatchObject({ kind: 'created' });
    expect((await fixture.store.reader.stats(1)).totals['submitted']).toBe(2);
  });

  it('gives one of many racing uses of a key the task, and the others the same', async () => {
    await using fixture = await open();
    const units = Array.from({ length: 20 }, () => ({
      tasks: [fixture.newTask()],
      idempotency: { owner: OWNER, key: 'race', bodyHash: hash('body') },
    }));
    const answers = (
      await Promise.all([
        ...units.slice(0, 10).map((unit) => fixture.store.submissions.insert([unit])),
        fixture.store.submissions.insert(units.slice(10)),
      ])
    ).flat();
    const created = answers.filter((answer) => answer.kind === 'created');
    const repeated = answers.filter((answer) => answer.kind === 'repeated');
    expect(created).toHaveLength(1);
    expect(new Set(repeated.flatMap((answer) => answer.taskIds)).size).toBe(1);
    expect((await fixture.store.reader.stats(1)).waiting[0]?.pending).toBe(1);
  });

  const unique = (fixture: Fixture, changes: Partial<UniqueUnit['unique']> = {}): UniqueUnit => ({
    task: fixture.newTask(),
    type: 'noop',
    unique: { key: 'u', scope: 'unfinished', windowMs: 0, ...changes },
  });

  async function submitUnique(
    fixture: Fixture,
    changes: Partial<UniqueUnit['unique']> = {},
  ): Promise<string> {
    const unit = unique(fixture, changes);
    const [stored] = await fixture.store.submissions.insertUnique([unit]);
    return stored?.kind === 'held' ? `held by ${stored.taskId}` : unit.task.id;
  }

  it('stores one task with a unique key, whatever is submitted at once', async () => {
    await using fixture = await open();
    const other = { ...unique(fixture), type: 'other' };
    const stranger = unique(fixture);
    stranger.task.owner = STRANGER;
    const units = Array.from({ length: 20 }, () => unique(fixture));
    const insert = (some: UniqueUnit[]) => fixture.store.submissions.insertUnique(some);
    const answers = await Promise.all([
      ...units.slice(0, 10).map((unit) => insert([unit])),
      insert(units.slice(10)),
      insert([other, stranger]),
    ]);
    const own = answers.slice(0, -1).flat();
    expect(own.filter((answer) => answer.kind === 'created')).toHaveLength(1);
    const holders = own.flatMap((answer) => (answer.kind === 'held' ? answer.taskId : []));
    expect(holders).toHaveLength(19);
    expect(new Set(holders).size).toBe(1);
    expect(await fixture.statusOf(holders[0] ?? '')).toBe('pending');
    expect(answers.at(-1)).toMatchObject([{ kind: 'created' }, { kind: 'created' }]);
    expect((await fixture.store.reader.stats(1)).waiting[0]?.pending).toBe(3);
  });

  it('frees a unique key when its task has finished', async () => {
    await using fixture = await open();
    const first = await submitUnique(fixture);
    expect(await submitUnique(fixture)).toBe(`held by ${first}`);
    const attempt = await fixture.claimOne();
    expect(await submitUnique(fixture)).toBe(`held by ${first}`);
    await fixture.settle(attempt, 'completed');
    const second = await submitUnique(fixture);
    expect(await fixture.statusOf(second)).toBe('pending');
    await fixture.store.control.cancel([second], { owner: null });
    expect(await submitUnique(fixture)).not.toContain('held');
  });

  it('frees a unique key that is for waiting when its task starts', async () => {
    await using fixture = await open();
    const first = await submitUnique(fixture, { scope: 'waiting' });
    expect(await submitUnique(fixture, { scope: 'waiting' })).toBe(`held by ${first}`);
    const attempt = await fixture.claimOne();
    const second = await submitUnique(fixture, { scope: 'waiting' });
    expect(second).not.toContain('held');
    await fixture.settle(attempt, 'completed');
    expect(await submitUnique(fixture)).toBe(`held by ${second}`);
  });

  it('holds a unique key for its time, whatever becomes of the task', async () => {
    await using fixture = await open();
    const first = await submitUnique(fixture, { windowMs: 60_000 });
    await fixture.settle(await fixture.claimOne(), 'completed');
    expect(await submitUnique(fixture)).toBe(`held by ${first}`);
    await fixture.store.keeper.tidy();
    expect(await submitUnique(fixture)).toBe(`held by ${first}`);
    await fixture.store.control.remove([first], { owner: null });
    const next = await submitUnique(fixture, { windowMs: 5 });
    await fixture.settle(await fixture.claimOne(), 'completed');
    await databaseWait(fixture.store, 10);
    await fixture.store.keeper.tidy();
    expect(await submitUnique(fixture)).not.toContain(next);
  });

  it('gives each key to one of many batches that are submitted at once, whole or not at all', async () => {
    await using fixture = await open();
    const keys = ['a', 'b', 'c'];
    const batches = Array.from({ length: 12 }, (_, turn) => {
      const order = turn % 2 === 0 ? keys : keys.toReversed();
      const units = order.map((key) => unique(fixture, { key }));
      const [first] = units as [UniqueUnit];
      const next = fixture.newTask({ after: [first.task.id] });
      const tasks = [...units.map(({ task }) => task), next];
      return { tasks, units, strict: turn < 6 ? [] : [first], seesAll: false };
    });
    const { submissions } = fixture.store;
    const answers = await Promise.all(batches.map((batch) => submissions.insertUniqueBatch(batch)));
    const stored = answers.flatMap((answer, index) =>
      answer.kind === 'stored' ? [{ ...answer, batch: batches[index] as UniqueBatch }] : [],
    );
    expect(stored.length).toBeGreaterThanOrEqual(6);
    const holderOf = new Map<string, string>();
    for (const { batch, taskIds } of stored) {
      for (const [
        index,
        {
          unique: { key },
        },
      ] of batch.units.entries()) {
        const holder = holderOf.get(key) ?? taskIds[index];
        holderOf.set(key, holder as string);
        expect(taskIds[index]).toBe(holder);
      }
      const [next] = batch.tasks.slice(-1) as [NewTask];
      expect((await fixture.task(next.id)).after).toEqual([taskIds[0]]);
    }
    for (const [index, batch] of batches.entries()) {
      const answer = answers[index] as StoredUniqueBatch;
      if (answer.kind === 'stored') continue;
      const [held] = answer.kind === 'held' ? answer.held : [];
      const [first] = batch.units as [UniqueUnit];
      expect(held).toMatchObject({
        taskId: first.task.id,
        holderId: holderOf.get(first.unique.key),
      });
    }
    const { totals } = await fixture.store.reader.stats(1);
    expect(totals['submitted']).toBe(3 + stored.length);
  });

  it('makes items of a batch wait for the task that holds the key, wherever that is', async () => {
    await using fixture = await open();
    const held = unique(fixture, { windowMs: 60_000 });
    const { submissions } = fixture.store;
    await submissions.insertUnique([held]);
    const insert = async (): Promise<string> => {
      const unit = unique(fixture);
      const next = fixture.newTask({ after: [unit.task.id] });
      const tasks = [unit.task, next];
      const batch = { tasks, units: [unit], strict: [], seesAll: false };
      const stored = await submissions.insertUniqueBatch(batch);
      expect(stored).toMatchObject({ kind: 'stored', taskIds: [held.task.id, next.id] });
      return fixture.statusOf(next.id);
    };
    expect(await insert()).toBe('scheduled');
    const attempt = await fixture.claimOne();
    expect(await insert()).toBe('scheduled');
    await fixture.settle(attempt, 'completed');
    expect(await insert()).toBe('pending');
  });
}
