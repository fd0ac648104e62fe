import { FAULT_POINTS, type FaultPoint } from '@mayfly/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { hasPostgres } from './support.ts';

const KINDS = ['fault.inline', 'fault.thread', 'fault.process'];
const TASKS = 9;

/** Under the lease of a worker, and over all that is waited for at a TTL. */
const HOWS = ['crash', 'error', 'delay=1200'] as const;

const CASES = FAULT_POINTS.flatMap((point) =>
  HOWS.map((how): [FaultPoint, (typeof HOWS)[number]] => [point, how]),
);

describe.runIf(hasPostgres)('a server that goes wrong', () => {
  let cluster: Cluster;
  let server: Member;

  beforeAll(async () => {
    cluster = await Cluster.start({ servers: 1, workers: 2, code: false });
    server = cluster.servers[0] as Member;
  });

  afterAll(() => cluster?.close());

  it.each(CASES)('at %s (%s) breaks no promise', async (point, how) => {
    await server.drain();
    // Each second time, lest nothing ever gets past an error.
    cluster.faults = `${point}:${how}@2`;
    await server.start();
    cluster.faults = undefined;
    const { command } = server;
    const scenario = new Scenario(cluster);
    const submissions = Array.from({ length: TASKS }, (_, n) =>
      scenario.work(KINDS[n % KINDS.length] as string, n === 0 ? 4000 : 50),
    );
    for (const submission of submissions) {
      const idempotencyKey = crypto.randomUUID();
      await scenario.until('a submission to be taken', async () => {
        if (command.ended && server.command === command) await server.start();
        return scenario.submit(submission, server, { idempotencyKey }).catch(() => undefined);
      });
    }
    if (point === 'worker.lost') {
      const worker = await scenario.begun((scenario.accepted[0] as { id: string }).id);
      await worker.kill();
      await worker.start();
    }
    await scenario.until('the fault', () => command.count(`fault point ${point}`) > 0);
    if (how === 'crash') {
      await command.end;
      if (server.command === command) await server.start();
    }
    const { broken, finished } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(finished).toEqual({ completed: TASKS });
    expect(server.command.ended).toBe(false);
  });
});
