import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@mayfly/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exhaustConnections } from '../catalog.ts';
import { Cluster } from '../cluster.ts';
import { readHistory } from '../history.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

/** Longer than a lease and the wait for a connection of the pool. */
const HELD_MS = 14_000;

const KINDS = ['fault.inline', 'fault.thread', 'fault.process'];

describe.runIf(hasPostgres)('servers whose database cannot keep up', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 2, workers: 2, code: false });
  });

  afterAll(() => cluster?.close());

  it('lose nothing while all connections of their pools are held', async () => {
    const scenario = new Scenario(cluster);
    for (const type of KINDS) await scenario.submit(scenario.work(type, 6000));
    const holder = new pg.Client({ connectionString: cluster.postgres.url });
    await holder.connect();
    let refused: unknown[] = [];
    try {
      await holder.query('begin');
      await holder.query('lock table mayfly.task, mayfly.running in access exclusive mode');
      const patient = cluster.servers.map(({ url }) =>
        createClient({ url, apiKey: cluster.apiKey, retries: 0, timeoutMs: 60_000 }),
      );
      // More of each than a pool has connections.
      const asked = patient.flatMap((client) =>
        Array.from({ length: 30 }, (_, n) =>
          client.cancel(`01900000-0000-7000-8000-0000000000${String(n).padStart(2, '0')}`),
        ),
      );
      const answers = Promise.allSettled(asked);
      await pause(HELD_MS);
      await holder.query('rollback');
      refused = (await answers).flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason] : [],
      );
    } finally {
      await holder.end();
    }
    // Those that waited in vain are told what to do; the others found no such task.
    const codes = new Set(refused.map((error) => (error as { code: string }).code));
    expect(codes).toEqual(new Set(['store.unavailable', 'task.not_found']));
    for (const { command } of [...cluster.servers, ...cluster.workers]) {
      expect(command.ended).toBe(false);
    }
    await scenario.submit(scenario.work('fault.inline', 10));
    const { broken, finished } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(finished).toEqual({ completed: KINDS.length + 1 });
  });

  it('refuse what they cannot store when PostgreSQL takes no more connections', async () => {
    const scenario = new Scenario(cluster);
    const [server] = cluster.servers as [Member];
    for (const type of KINDS) await scenario.submit(scenario.work(type, 3000));
    let refusal: unknown;
    await exhaustConnections(cluster, async () => {
      for (const { links } of cluster.servers) for (const link of links) link.cut();
      await scenario.until('a refusal', async () => {
        const more = scenario.work('fault.inline', 10);
        await scenario.submit(more, server).catch((error: unknown) => {
          refusal = error;
        });
        return refusal !== undefined;
      });
    });
    expect(refusal).toMatchObject({ code: 'store.unavailable', status: 503 });
    await scenario.until('the servers to store again', () =>
      scenario.submit(scenario.work('fault.inline', 10), server).catch(() => undefined),
    );
    const { broken } = await scenario.verdict();
    expect(broken).toEqual([]);
  });

  it('keep every promise on a connection that is slow and thin', async () => {
    const scenario = new Scenario(cluster);
    for (const { links } of cluster.servers) {
      for (const link of links) link.set({ delayMs: 150, bytesPerSecond: 60_000 });
    }
    try {
      await Promise.all(
        Array.from({ length: 24 }, (_, n) => {
          const type = KINDS[n % KINDS.length] as string;
          const server = cluster.servers[n % cluster.servers.length];
          return scenario.submit(scenario.work(type, 200), server).catch(() => undefined);
        }),
      );
      expect(scenario.accepted.length).toBeGreaterThan(0);
      const { broken, finished } = await scenario.verdict();
      expect(broken).toEqual([]);
      expect(finished).toEqual({ completed: scenario.accepted.length });
    } finally {
      for (const { links } of cluster.servers) for (const link of links) link.heal();
    }
  });

  it('store all of a batch or none of it when the connection is cut meanwhile', async () => {
    const [server] = cluster.servers as [Member];
    const scenario = new Scenario(cluster);
    const before = (await readHistory(cluster.postgres.url)).places.length;
    const size = 200;
    let stored = 0;
    let cut = 0;
    for (let n = 0; n < 25; n++) {
      const batch = Array.from({ length: size }, () => scenario.work('fault.inline', 0));
      const submitting = cluster
        .client(server)
        .submitBatch(batch)
        .then(
          () => stored++,
          () => cut++,
        );
      await pause(n * 2);
      for (const link of server.links) link.cut();
      await submitting;
    }
    expect(stored + cut).toBe(25);
    const after = await scenario.until('the database to answer', () =>
      readHistory(cluster.postgres.url).catch(() => undefined),
    );
    // A commit whose word was lost may be there; half a batch may not.
    const added = after.places.length - before;
    expect(added % size).toBe(0);
    expect(added / size).toBeGreaterThanOrEqual(stored);
    await scenario.until('all of them to end', async () => {
      const { places } = await readHistory(cluster.postgres.url);
      return places.every(({ place }) => place === 'finished');
    });
  });
});
