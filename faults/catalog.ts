import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './cluster.ts';
import type { Member } from './member.ts';
import type { SeededRandom } from './random.ts';

/** Something that goes wrong, and is over when its promise resolves. */
export interface Fault {
  name: string;
  /** How often it comes, beside the others. */
  weight: number;
  /** Nothing can be handed on while it lasts. */
  isOutage: boolean;
  run(cluster: Cluster, random: SeededRandom): Promise<void>;
}

/** Real faults from outside; each draws its numbers before it waits for anything. */
export const FAULTS: Fault[] = [
  fault('worker killed', 4, false, async (cluster, random) => {
    const worker = random.pick(cluster.workers);
    const awayMs = random.int(200, 3000);
    await worker.kill();
    await pause(awayMs);
    worker.begin();
  }),
  fault('worker stopped past its lease', 3, false, async (cluster, random) => {
    const worker = random.pick(cluster.workers);
    await stopFor(worker, random.int(6500, 9000));
    await revive(worker);
  }),
  fault('worker stopped within its lease', 2, false, async (cluster, random) => {
    const worker = random.pick(cluster.workers);
    await stopFor(worker, random.int(500, 3500));
    await revive(worker);
  }),
  fault('server killed', 3, true, async (cluster, random) => {
    const server = random.pick(cluster.servers);
    const awayMs = random.int(0, 7000);
    await server.kill();
    await pause(awayMs);
    await server.start();
  }),
  fault('server stopped', 2, true, async (cluster, random) => {
    await stopFor(random.pick(cluster.servers), random.int(1000, 8000));
  }),
  fault('keeper killed', 2, true, async (cluster, random) => {
    const server = cluster.leader() ?? random.pick(cluster.servers);
    await server.kill();
    await pause(500);
    await server.start();
  }),
  fault('keeper stopped', 2, true, async (cluster, random) => {
    const ms = random.int(5000, 9000);
    await stopFor(cluster.leader() ?? random.pick(cluster.servers), ms);
  }),
  fault('PostgreSQL killed', 1, true, async (cluster, random) => {
    const awayMs = random.int(0, 3000);
    await cluster.postgres.end('SIGKILL');
    await pause(awayMs);
    await cluster.postgres.start();
  }),
  fault('PostgreSQL restarted', 1, true, async (cluster) => {
    await cluster.postgres.end('SIGINT');
    await cluster.postgres.start();
  }),
  fault('connections to PostgreSQL cut', 4, true, async (cluster, random) => {
    const server = random.pick(cluster.servers);
    const times = random.int(1, 5);
    for (let time = 0; time < times; time++) {
      for (const link of server.links) link.cut();
      await pause(random.int(5, 300));
    }
  }),
  fault('PostgreSQL out of connections', 1, true, async (cluster, random) => {
    const ms = random.int(500, 3000);
    await exhaustConnections(cluster, () => pause(ms));
  }),
  fault('worker cut off', 3, false, async (cluster, random) => {
    const worker = random.pick(cluster.workers);
    const ms = random.int(200, 9000);
    for (const link of worker.links) {
      link.set({ refuses: true });
      link.cut();
    }
    await pause(ms);
    for (const link of worker.links) link.heal();
  }),
  fault('half-open towards the server', 2, false, (cluster, random) =>
    weather(random.pick(cluster.workers), random.int(500, 9000), { held: ['up'] }),
  ),
  fault('half-open towards the worker', 2, false, (cluster, random) =>
    weather(random.pick(cluster.workers), random.int(500, 9000), { held: ['down'] }),
  ),
  fault('half-open both ways', 2, false, (cluster, random) =>
    weather(random.pick(cluster.workers), random.int(500, 9000), { held: ['up', 'down'] }),
  ),
  fault('slow network', 2, false, (cluster, random) => {
    const delayMs = random.int(50, 2500);
    return weather(random.pick(cluster.workers), random.int(2000, 6000), { delayMs });
  }),
  fault('thin network', 1, false, (cluster, random) => {
    const bytesPerSecond = random.int(500, 5000);
    return weather(random.pick(cluster.workers), random.int(2000, 6000), { bytesPerSecond });
  }),
];

/** Draws one by weight. */
export function drawFault(random: SeededRandom): Fault {
  return random.pick(FAULTS.flatMap((fault) => Array<Fault>(fault.weight).fill(fault)));
}

export async function stopFor(member: Member, ms: number): Promise<void> {
  const { command } = member;
  command.signal('SIGSTOP');
  await pause(ms);
  command.signal('SIGCONT');
}

/** A worker that could not keep its lease may have been ended for it. */
export async function revive(worker: Member): Promise<void> {
  await pause(300);
  if (!worker.runs) worker.begin();
}

async function weather(
  worker: Member,
  ms: number,
  change: Parameters<Member['links'][number]['set']>[0],
): Promise<void> {
  for (const link of worker.links) link.set(change);
  await pause(ms);
  for (const link of worker.links) link.heal();
}

/** @param meanwhile for as long as this takes, PostgreSQL has no connection left */
export async function exhaustConnections(
  { postgres }: Cluster,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const taken: pg.Client[] = [];
  const takeMore = async (): Promise<boolean> => {
    const more = Array.from({ length: 10 }, () => {
      const client = new pg.Client({ connectionString: postgres.url });
      client.on('error', () => undefined);
      return client;
    });
    taken.push(...more);
    const outcomes = await Promise.allSettled(more.map((client) => client.connect()));
    return outcomes.every(({ status }) => status === 'fulfilled');
  };
  try {
    while (await takeMore());
    await meanwhile();
  } finally {
    await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
  }
}

function fault(name: string, weight: number, isOutage: boolean, run: Fault['run']): Fault {
  return { name, weight, isOutage, run };
}
