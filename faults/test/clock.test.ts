import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const KINDS = ['fault.inline', 'fault.thread', 'fault.process'];

/** Long enough for several steps of the clock and several renewals of the lease. */
const RUN_MS = 7000;

const TTL_MS = 4000;
const DELAY_MS = 2000;

/** What a busy machine adds to a start and to a kill. */
const LATENESS_MS_MAX = 1500;

// The wall clocks of all servers and workers step by an hour every 700 ms, ahead and back.
describe.runIf(hasPostgres)('wall clocks that step by an hour', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 2, workers: 2, code: false, faults: 'wall-steps' });
  });

  afterAll(() => cluster?.close());

  it('let nothing start late, end early, or be taken for lost', async () => {
    const scenario = new Scenario(cluster);
    for (const type of KINDS) {
      await scenario.submit(scenario.work(type, RUN_MS));
      await scenario.submit(scenario.work(type, 20_000, { ttlMs: TTL_MS }));
    }
    const delayed = await scenario.submit(
      scenario.work('fault.inline', 10, { delayMs: DELAY_MS, queueTtlMs: 30_000 }),
    );
    const { broken, attempts, history, killLatenessMs } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(attempts).toEqual({ completed: KINDS.length + 1, expired: KINDS.length });
    expect(killLatenessMs.worst).toBeLessThan(LATENESS_MS_MAX);
    const expired = history.attempts.filter(({ outcome }) => outcome === 'expired');
    for (const { startedAtMs, finishedAtMs } of expired) {
      expect((finishedAtMs ?? 0) - startedAtMs).toBeGreaterThan(TTL_MS - 100);
    }
    const submitted = scenario.accepted.find(({ id }) => id === delayed)?.atMono ?? 0;
    const began = scenario.journal().find(({ task }) => task === delayed)?.mono ?? 0;
    expect(began - submitted).toBeGreaterThan(DELAY_MS - 100);
    expect(began - submitted).toBeLessThan(DELAY_MS + LATENESS_MS_MAX);
    for (const { command } of cluster.workers) {
      expect(command.count('the lease was lost')).toBe(0);
      expect(command.ended).toBe(false);
    }
    expect(cluster.servers.map(({ command }) => command.count('a worker is lost'))).toEqual([0, 0]);
  });
});
