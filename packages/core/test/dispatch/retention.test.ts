import { scheduleCreationSchema, silentLog, type Log } from '@mayfly/contracts';
import { Retention, type Leaf, type LeafEnd, type RetentionStore } from '@mayfly/core';
import { ManualClock, startDatabase, type TestServer } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, ME } from './harness.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

/** A store with one leaf, whose answers a test gives. */
class FakeLeaves implements RetentionStore {
  readonly ends: (LeafEnd | null | Error)[] = [];
  looks = 0;

  listDue(): Promise<Leaf[]> {
    this.looks++;
    return Promise.resolve([{ name: '20260101_0', retentionMs: DAY }]);
  }

  end(): Promise<LeafEnd | null> {
    const next = this.ends.shift();
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve(next ?? null);
  }

  removeStrays(): Promise<string[]> {
    return Promise.resolve([]);
  }

  sweep(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

const DROPPED: LeafEnd = { outcome: 'dropped', gone: 7, kept: 0 };

describe('the look for what is past its retention', () => {
  function start(...ends: (LeafEnd | null | Error)[]) {
    const leaves = new FakeLeaves();
    leaves.ends.push(...ends);
    const clock = new ManualClock();
    const told: object[] = [];
    const log: Log = { ...silentLog, info: (fields) => void told.push(fields) };
    const retention = new Retention({ store: leaves, clock, log, retentionMs: DAY });
    /** A round of the keeper, and the end of the look that it began. */
    const round = async (): Promise<number> => {
      await retention.round();
      return leaves.looks;
    };
    return { retention, clock, told, round };
  }

  it('is hourly, and tells what is gone', async () => {
    const { clock, told, round } = start(DROPPED, DROPPED);
    expect(await round()).toBe(1);
    expect(told).toEqual([{ leaf: '20260101_0', ...DROPPED }]);
    await clock.advance(59 * MINUTE);
    expect(await round()).toBe(1);
    await clock.advance(MINUTE);
    expect(await round()).toBe(2);
  });

  it('comes again after a minute when a leaf was in use, or the look failed', async () => {
    const { clock, told, round } = start(null, new Error('away'), DROPPED);
    expect(await round()).toBe(1);
    expect(await round()).toBe(1);
    await clock.advance(MINUTE);
    expect(await round()).toBe(2);
    await clock.advance(MINUTE);
    expect(await round()).toBe(3);
    expect(told).toHaveLength(1);
    await clock.advance(MINUTE);
    expect(await round()).toBe(3);
  });

  it('does not begin any more when the keeper stops', async () => {
    const { retention, round } = start(DROPPED);
    await retention.stop();
    expect(await round()).toBe(0);
  });
});

describe('the retention of a queue', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  it('stands in the ids of its tasks and of those of schedules, from its change on', async () => {
    await using harness = await Harness.open(server);
    const { queues, schedules } = harness.core;
    const before = await harness.submit({ queue: 'brief' });
    expect(before.id.at(-1)).toBe('0');
    await queues.change('brief', { retentionMs: DAY });
    const [entry] = await harness.store.queues.listRetentions();
    const digit = entry?.retentionClass.toString(16);
    expect(digit).not.toBe('0');
    expect((await harness.submit({ queue: 'brief' })).id.at(-1)).toBe(digit);
    expect((await harness.submit()).id.at(-1)).toBe('0');
    const task = { type: 'noop', ttlMs: 1000, queue: 'brief' };
    const creation = scheduleCreationSchema.parse({ name: 's', everyMs: DAY, paused: true, task });
    const schedule = await schedules.create(ME, creation);
    expect((await schedules.run(ME, schedule.id)).id.at(-1)).toBe(digit);
    expect(await queues.get('brief')).toMatchObject({ retentionMs: DAY, totals: { submitted: 3 } });
    await queues.change('brief', { retentionMs: null });
    expect((await harness.submit({ queue: 'brief' })).id.at(-1)).toBe('0');
  });
});
