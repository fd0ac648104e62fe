import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { monotonicMs } from '../journal.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const LEADS = 'this server keeps time now';
const LEADS_NO_LONGER = 'this server keeps time no longer';

/** After so long without a word a keeper is taken for stopped. */
const LEADER_SILENCE_MS = 3000;

/** The promise is 5 s; the rest is what a busy machine adds to a query and a line of a log. */
const TAKEOVER_MS_MAX = 6500;

describe.runIf(hasPostgres)('servers on one database', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 2, workers: 1, code: false });
  });

  afterAll(() => cluster?.close());

  it('leave the watch over time with a keeper that is well', async () => {
    const scenario = new Scenario(cluster);
    const keeper = await leader(scenario);
    const words = (): number[] =>
      cluster.servers.map(({ command }) => command.count(LEADS) + command.count(LEADS_NO_LONGER));
    const before = words();
    await pause(2 * LEADER_SILENCE_MS);
    expect(words()).toEqual(before);
    expect(await leader(scenario)).toBe(keeper);
  });

  it('hand the watch over time on when the keeper is stopped; it steps down when it wakes', async () => {
    const scenario = new Scenario(cluster);
    const keeper = await leader(scenario);
    const standby = cluster.servers.find((server) => server !== keeper) as Member;
    const before = standby.command.count(LEADS);
    const stoppedAt = monotonicMs();
    keeper.command.signal('SIGSTOP');
    try {
      await scenario.until('the standby to lead', () => standby.command.count(LEADS) > before);
      expect(monotonicMs() - stoppedAt).toBeLessThan(TAKEOVER_MS_MAX);
      const delayed = scenario.work('fault.inline', 10, { delayMs: 500 });
      await scenario.submit(delayed, standby);
    } finally {
      keeper.command.signal('SIGCONT');
    }
    await scenario.until(
      'the old keeper to step down',
      () => keeper.command.count(LEADS_NO_LONGER) > 0,
    );
    expect((await scenario.verdict()).broken).toEqual([]);
    expect(await leader(scenario)).toBe(standby);
  });

  it('take over from a keeper that is killed', async () => {
    const scenario = new Scenario(cluster);
    const keeper = await leader(scenario);
    const standby = cluster.servers.find((server) => server !== keeper) as Member;
    const before = standby.command.count(LEADS);
    const killedAt = monotonicMs();
    await keeper.kill();
    await scenario.until('the standby to lead', () => standby.command.count(LEADS) > before);
    expect(monotonicMs() - killedAt).toBeLessThan(TAKEOVER_MS_MAX);
    await keeper.start();
  });

  it('lose nothing that was accepted when PostgreSQL is killed under load', async () => {
    const scenario = new Scenario(cluster);
    for (let n = 0; n < 20; n++) {
      const type = n % 2 === 0 ? 'fault.inline' : 'fault.process';
      await scenario.submit(scenario.work(type, 300));
    }
    await cluster.postgres.end('SIGKILL');
    await pause(500);
    await cluster.postgres.start();
    const { broken, finished } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(finished).toEqual({ completed: 20 });
  });

  it('say of no submission that it is stored when the connection is cut around the commit', async () => {
    const scenario = new Scenario(cluster);
    const [server] = cluster.servers as [Member];
    let refused = 0;
    for (let n = 0; n < 60; n++) {
      // With a key it is a transaction of several statements.
      const options = n % 2 === 0 ? {} : { idempotencyKey: `cut-${n}` };
      const work = scenario.work('fault.inline', 1);
      const submitting = scenario.submit(work, server, options).catch(() => {
        refused++;
      });
      await pause(n % 12);
      for (const link of server.links) link.cut();
      await submitting;
    }
    const { broken } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    expect(scenario.accepted.length).toBeGreaterThan(0);
    expect(server.deaths.filter(({ meant }) => !meant)).toEqual([]);
  });
});

function leader(scenario: Scenario): Promise<Member> {
  return scenario.until('a server to lead', () => scenario.cluster.leader());
}
