import { expect, it } from 'vitest';
import { databaseWait, type Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

export function workerSuite(open: Open): void {
  it('makes a lane once, whoever asks at once', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    const wanted = { queue: 'q', type: 't', runtime: 'python' };
    const lanes = await Promise.all(Array.from({ length: 10 }, () => workers.ensureLane(wanted)));
    expect(new Set(lanes.map((lane) => lane.id)).size).toBe(1);
    expect(await workers.listLanes(fixture.laneId)).toEqual([
      { id: lanes[0]?.id, ...wanted, keyed: false },
    ]);
  });

  it('keeps the latest declaration of a type', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    const type = {
      name: 'resize',
      description: 'old',
      paramsSchema: { type: 'object' },
      isolation: 'thread',
    } as const;
    await workers.saveTypes([type]);
    await workers.saveTypes([{ ...type, description: 'new' }]);
    expect(await workers.listTypes()).toEqual([{ ...type, description: 'new' }]);
  });

  it('renews leases that last, and none that has ended', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    const ended = await fixture.register(1);
    await databaseWait(fixture.store, 5);
    const renewals = [fixture.workerId, ended].map((workerId) => ({ workerId, stuck: 2 }));
    expect(await workers.renewLeases(renewals, 60_000)).toEqual([
      { workerId: fixture.workerId, draining: false },
    ]);
    expect(await workers.listWorkers()).toContainEqual(
      expect.objectContaining({ id: fixture.workerId, stuck: 2 }),
    );
    expect(await workers.loseExpired(60_000)).toEqual([]);
    expect(await workers.loseExpired(0)).toEqual([ended]);
    expect(await workers.loseExpired(0)).toEqual([]);
    const states = (await workers.listWorkers()).map((worker) => [worker.id, worker.state]);
    expect(new Map(states as [string, string][])).toEqual(
      new Map([
        [fixture.workerId, 'online'],
        [ended, 'lost'],
      ]),
    );
  });

  it('asks workers that are here to drain, and no others', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    expect(await workers.listDraining([fixture.workerId])).toEqual([]);
    expect(await workers.setDraining(fixture.workerId)).toBe(true);
    expect(await workers.setDraining(fixture.workerId)).toBe(true);
    expect(await workers.setDraining(crypto.randomUUID())).toBe(false);
    expect(await workers.listDraining([fixture.workerId])).toEqual([fixture.workerId]);
    const renewal = { workerId: fixture.workerId, stuck: 0 };
    expect(await workers.renewLeases([renewal], 60_000)).toEqual([
      { workerId: fixture.workerId, draining: true },
    ]);
    await workers.release(fixture.sessionOf());
    expect(await workers.setDraining(fixture.workerId)).toBe(false);
  });

  it('does not take a lost incarnation back', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    const again = (leaseMs: number, incarnation: string) =>
      workers.register(
        {
          incarnation,
          name: 'w',
          host: 'h',
          pid: 1,
          version: '0',
          concurrency: 1,
          queues: ['q'],
          types: [],
          runtimes: [],
          sandbox: null,
        },
        leaseMs,
      );
    const incarnation = crypto.randomUUID();
    expect(await again(60_000, incarnation)).toBe(1);
    expect(await again(1, incarnation)).toBe(2);
    await databaseWait(fixture.store, 5);
    expect(await again(60_000, incarnation)).toBeNull();
  });

  it('releases a worker that holds nothing, and only such', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    await fixture.submit();
    const attempt = await fixture.claimOne();
    await workers.setDraining(fixture.workerId);
    await workers.release(fixture.sessionOf());
    expect(await workers.listWorkers()).toMatchObject([{ state: 'draining', running: 1 }]);
    await fixture.settle(attempt, 'completed');
    await workers.release(fixture.sessionOf());
    expect(await workers.listWorkers()).toMatchObject([{ state: 'offline', running: 0 }]);
  });

  it('offers runtimes of workers that are here or left a moment ago', async () => {
    await using fixture = await open();
    const { workers } = fixture.store;
    const python = {
      name: 'python',
      language: 'python',
      version: '3.11',
      aliases: ['py'],
      compiled: false,
    };
    await workers.register(
      {
        incarnation: crypto.randomUUID(),
        name: 'w',
        host: 'h',
        pid: 1,
        version: '0',
        concurrency: 1,
        queues: [],
        types: [],
        runtimes: [python],
        sandbox: null,
      },
      1,
    );
    await databaseWait(fixture.store, 5);
    expect(await workers.listRuntimes(60_000)).toEqual([python]);
    expect(await workers.listRuntimes(0)).toEqual([]);
  });
}
