import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScheduleRun } from '@mayfly/client';
import { Cluster } from '../cluster.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const EVERY_MS = 1000;

describe.runIf(hasPostgres)('a schedule on three servers', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 3, workers: 1, code: false });
  });

  afterAll(() => cluster?.close());

  it('fires each slot once while the keeper is killed, and the next one stopped', async () => {
    const scenario = new Scenario(cluster);
    const keeper = (): Promise<Member> => scenario.until('a keeper', () => cluster.leader());
    const client = cluster.client(cluster.servers[0] as Member);
    const { id } = await client.schedules.create({
      name: 'each second',
      everyMs: EVERY_MS,
      catchUp: 'all',
      overlap: 'queue',
      task: scenario.work('fault.inline', 1),
    });
    const runs = async (except?: Member): Promise<ScheduleRun[]> => {
      const server = cluster.servers.find((one) => one.runs && one !== except) as Member;
      return (await cluster.client(server).schedules.runs(id, { limit: 100 })).toReversed();
    };
    const more = async (count: number, except?: Member): Promise<void> => {
      const before = (await runs(except)).length;
      await scenario.until(`${count} slots more`, async () => {
        return (await runs(except)).length >= before + count;
      });
    };
    await more(2);
    const first = await keeper();
    await first.kill();
    await more(2);
    await first.start();
    const second = await keeper();
    second.command.signal('SIGSTOP');
    try {
      await more(4, second);
    } finally {
      second.command.signal('SIGCONT');
    }
    await more(2);
    await client.schedules.pause(id);
    const fired = await runs();
    const slots = fired.map(({ slotAt }) => Date.parse(slotAt));
    const start = slots[0] as number;
    expect(slots).toEqual(slots.map((_, index) => start + index * EVERY_MS));
    const tasks = fired.flatMap(({ taskId }) => taskId ?? []);
    expect(new Set(tasks).size).toBe(fired.length);
    const listed = await client.list({ limit: 1000 });
    expect(listed.items.map((task) => task.id).toSorted()).toEqual(tasks.toSorted());
  });
});
