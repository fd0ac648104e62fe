import { expect, it } from 'vitest';
import type { TaskQuery } from '@mayfly/core';
import { ALL, OWNER, STRANGER, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

const EVERYTHING: TaskQuery = {
  status: null,
  laneIds: null,
  labels: {},
  createdAfter: null,
  createdBefore: null,
  search: null,
};

export function readingSuite(open: Open): void {
  const list = async (fixture: Fixture, query: Partial<TaskQuery>, owner: string | null = null) => {
    const page = await fixture.store.reader.list(
      { ...EVERYTHING, ...query },
      { owner },
      { after: null, limit: 100 },
    );
    return page.items.map((task) => task.id);
  };

  it('pages through everything, newest first, without holes or repeats', async () => {
    await using fixture = await open();
    const tasks = Array.from({ length: 25 }, () => fixture.newTask());
    await fixture.store.submissions.insert([{ tasks, idempotency: null }]);
    await Promise.all(
      (await fixture.claim(10)).map((attempt) => fixture.settle(attempt, 'completed')),
    );
    await fixture.claim(5);
    const seen: string[] = [];
    for (let after: string | null = null, pages = 0; pages < 10; pages++) {
      const page = await fixture.store.reader.list(EVERYTHING, ALL, { after, limit: 10 });
      seen.push(...page.items.map((task) => task.id));
      after = page.nextAfter;
      if (after === null) break;
    }
    expect(seen).toEqual(tasks.map((task) => task.id).toReversed());
  });

  it('finds tasks by every status', async () => {
    await using fixture = await open();
    const ends = ['completed', 'failed', 'expired', 'cancelled'] as const;
    const ids: Record<string, string> = {};
    for (const end of ends) {
      ids[end] = await fixture.submit();
      await fixture.settle(await fixture.claimOne(), end);
    }
    ids['running'] = await fixture.submit();
    await fixture.claim();
    ids['pending'] = await fixture.submit();
    ids['scheduled'] = await fixture.submit({ delayMs: 60_000 });
    for (const [status, id] of Object.entries(ids)) {
      expect(await list(fixture, { status: [status as never] }), status).toEqual([id]);
      expect(await fixture.statusOf(id)).toBe(status);
    }
    expect(await list(fixture, { status: ['scheduled', 'failed'] })).toEqual([
      ids['scheduled'],
      ids['failed'],
    ]);
  });

  it('finds tasks by lane, label, text, id and time', async () => {
    await using fixture = await open();
    const lane = await fixture.store.workers.ensureLane({
      queue: 'other',
      type: 'noop',
      runtime: '',
    });
    const plain = await fixture.submit();
    const labelled = await fixture.submit({ labels: { team: 'red', env: 'prod' } });
    const described = await fixture.submit({ description: 'Nightly 100%_Report' });
    const elsewhere = await fixture.submit({ laneId: lane.id });
    expect(await list(fixture, { laneIds: [lane.id] })).toEqual([elsewhere]);
    expect(await list(fixture, { labels: { team: 'red' } })).toEqual([labelled]);
    expect(await list(fixture, { labels: { team: 'red', env: 'test' } })).toEqual([]);
    expect(await list(fixture, { labels: { team: 'red' }, status: ['pending'] })).toEqual([
      labelled,
    ]);
    expect(await list(fixture, { search: '100%_rep' })).toEqual([described]);
    expect(await list(fixture, { search: 'nothing' })).toEqual([]);
    expect(await list(fixture, { search: plain })).toEqual([plain]);
    const created = new Date((await fixture.task(described)).createdAt);
    expect(await list(fixture, { createdBefore: new Date(created.getTime() - 60_000) })).toEqual(
      [],
    );
    expect(
      await list(fixture, { createdAfter: new Date(created.getTime() - 60_000) }),
    ).toHaveLength(4);
    expect(await list(fixture, { createdAfter: new Date(created.getTime() + 60_000) })).toEqual([]);
  });

  it('shows others nothing', async () => {
    await using fixture = await open();
    const own = await fixture.submit();
    const foreign = await fixture.submit({ owner: STRANGER });
    expect(await list(fixture, {}, OWNER)).toEqual([own]);
    expect(await fixture.store.reader.get(foreign, { owner: OWNER })).toBeNull();
    expect(await fixture.store.reader.attempts(foreign, { owner: OWNER })).toBeNull();
    expect(await fixture.store.reader.getMany([own, foreign], { owner: OWNER })).toHaveLength(1);
  });

  it('counts by day what was submitted and how it ended', async () => {
    await using fixture = await open();
    for (const end of ['completed', 'completed', 'failed'] as const) {
      await fixture.submit();
      await fixture.settle(await fixture.claimOne(), end);
    }
    await fixture.store.control.cancel([await fixture.submit()], ALL);
    await fixture.submit({ delayMs: 60_000 });
    await fixture.submit();
    await fixture.claim();
    await fixture.submit();
    expect(await fixture.store.reader.stats(1)).toEqual({
      waiting: [{ queue: 'default', type: 'noop', pending: 1 }],
      scheduled: 1,
      running: 1,
      totals: { submitted: 7, completed: 2, failed: 1, expired: 0, cancelled: 1 },
    });
  });
}
