import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopFor } from '../catalog.ts';
import { Cluster } from '../cluster.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

/** Longer than a lease, its margin and the round of the keeper. */
const PAST_THE_LEASE_MS = 8500;

describe.runIf(hasPostgres)('a worker that loses touch', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 1, workers: 2, code: false });
  });

  afterAll(() => cluster?.close());

  it.each(['fault.inline', 'fault.thread', 'fault.process'])(
    'is stopped past its lease: its %s is dead before the next attempt begins',
    async (type) => {
      const scenario = new Scenario(cluster);
      const task = await scenario.submit(scenario.work(type, 12_000));
      const worker = await scenario.begun(task);
      await stopFor(worker, PAST_THE_LEASE_MS);
      await worker.command.end;
      await worker.start();
      const { broken, attempts } = await scenario.verdict();
      expect(broken).toEqual([]);
      expect(attempts).toEqual({ lost: 1, completed: 1 });
    },
  );

  it('is cut off past its lease: it ends its work itself, and comes back', async () => {
    const scenario = new Scenario(cluster);
    const tasks = await Promise.all(
      ['fault.inline', 'fault.thread', 'fault.process'].map((type) =>
        scenario.submit(scenario.work(type, 10_000)),
      ),
    );
    const workers = await Promise.all(tasks.map((task) => scenario.begun(task)));
    const [worker] = workers;
    for (const link of worker?.links ?? []) link.set({ held: ['up', 'down'] });
    await pause(PAST_THE_LEASE_MS);
    for (const link of worker?.links ?? []) link.heal();
    const { broken, attempts } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(attempts).toMatchObject({ completed: 3 });
    expect(attempts['lost']).toBeGreaterThan(0);
    expect(worker?.runs).toBe(true);
  });

  it('has no server for longer than its lease: it ends its work itself, and comes back', async () => {
    const scenario = new Scenario(cluster);
    const [server] = cluster.servers as [Member];
    const task = await scenario.submit(scenario.work('fault.process', 10_000));
    const worker = await scenario.begun(task);
    const losses = (): number => worker.command.count('the lease was lost');
    const before = losses();
    await server.kill();
    await pause(PAST_THE_LEASE_MS);
    await server.start();
    const { broken, attempts } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(attempts).toEqual({ lost: 1, completed: 1 });
    expect(worker.runs).toBe(true);
    expect(losses()).toBe(before + 1);
  });

  it('is stopped at the TTL of a task that may be retried: the retry waits for its end', async () => {
    const scenario = new Scenario(cluster);
    const retry = { maxAttempts: 2, backoff: 'fixed', delayMs: 0, retryOn: ['expired'] } as const;
    const task = await scenario.submit(
      scenario.work('fault.process', 6000, {
        ttlMs: 1500,
        retry: { ...retry, retryOn: ['expired'] },
      }),
    );
    const worker = await scenario.begun(task);
    await stopFor(worker, 4000);
    const { broken, attempts } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(attempts).toEqual({ expired: 2 });
    if (!worker.runs) await worker.start();
  });

  it('is killed: nothing that its handlers have started lives on, and others take over', async () => {
    const scenario = new Scenario(cluster);
    const task = await scenario.submit(scenario.work('fault.process', 3000));
    const worker = await scenario.begun(task);
    await worker.kill();
    const verdict = await scenario.verdict();
    expect(verdict.broken).toEqual([]);
    expect(verdict.handOvers).toBe(1);
    await worker.start();
  });
});

describe.runIf(hasPostgres)('the control run', () => {
  it('finds overlaps when workers do not fence themselves', async () => {
    const cluster = await Cluster.start({
      servers: 1,
      workers: 2,
      code: false,
      faults: 'unfenced',
    });
    try {
      const scenario = new Scenario(cluster);
      const task = await scenario.submit(scenario.work('fault.process', 12_000));
      const worker = await scenario.begun(task);
      for (const link of worker.links) link.set({ held: ['up', 'down'] });
      await scenario.begun(task, 2);
      await pause(1000);
      for (const link of worker.links) link.heal();
      const { broken, overlaps } = await scenario.verdict();
      expect(overlaps).toBe(1);
      expect(broken.join()).toContain('ran at the same time');
    } finally {
      await cluster.close();
    }
  });
});
