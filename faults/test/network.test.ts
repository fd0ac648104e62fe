import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const KINDS = ['fault.inline', 'fault.thread', 'fault.process'];

/** Under a lease, so that nobody is taken for lost. */
const DELAY_MS = 1500;

/** Of each answer of the database. */
const SLOW_MS = 800;

/** Far below the delay; a busy machine takes its time to kill. */
const LATENESS_MS_MAX = 750;

describe.runIf(hasPostgres)('a slow network', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 1, workers: 1, code: false });
  });

  afterAll(() => cluster?.close());

  it('towards the worker gives no attempt more time than its TTL', async () => {
    const scenario = new Scenario(cluster);
    const [worker] = cluster.workers as [Member];
    for (const link of worker.links) link.set({ delayMs: DELAY_MS, delayed: ['down'] });
    try {
      for (const type of KINDS) {
        await scenario.submit(scenario.work(type, 20_000, { ttlMs: 2 * DELAY_MS }));
      }
      const { broken, attempts, killLatenessMs } = await scenario.verdict();
      expect(broken).toEqual([]);
      expect(attempts).toEqual({ expired: KINDS.length });
      expect(scenario.journal().length).toBeGreaterThan(0);
      expect(killLatenessMs.worst).toBeLessThan(LATENESS_MS_MAX);
    } finally {
      for (const link of worker.links) link.heal();
    }
  });

  it('towards the worker starts nothing whose TTL is over', async () => {
    const scenario = new Scenario(cluster);
    const [worker] = cluster.workers as [Member];
    for (const link of worker.links) link.set({ delayMs: DELAY_MS, delayed: ['down'] });
    try {
      for (const type of KINDS) {
        await scenario.submit(scenario.work(type, 20_000, { ttlMs: DELAY_MS / 2 }));
      }
      const { broken, attempts } = await scenario.verdict();
      expect(broken).toEqual([]);
      expect(attempts).toEqual({ expired: KINDS.length });
      expect(scenario.journal()).toEqual([]);
    } finally {
      for (const link of worker.links) link.heal();
    }
  });

  it('between server and PostgreSQL gives no attempt more time than its TTL', async () => {
    const scenario = new Scenario(cluster);
    const [server] = cluster.servers as [Member];
    for (const type of KINDS) {
      // Claimed when the network is slow already.
      const times = { delayMs: DELAY_MS, ttlMs: 3 * DELAY_MS };
      await scenario.submit(scenario.work(type, 20_000, times));
    }
    for (const link of server.links) link.set({ delayMs: SLOW_MS, delayed: ['down'] });
    try {
      const { broken, attempts, killLatenessMs } = await scenario.verdict();
      expect(broken).toEqual([]);
      expect(attempts).toEqual({ expired: KINDS.length });
      expect(killLatenessMs.worst).toBeLessThan(SLOW_MS / 2);
    } finally {
      for (const link of server.links) link.heal();
    }
  });
});
