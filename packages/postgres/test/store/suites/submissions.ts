import { expect, it } from 'vitest';
import { OWNER, STRANGER, type Fixture } from '../fixture.ts';

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
}
