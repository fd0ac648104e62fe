import { describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { Load } from '../load.ts';
import { judge } from '../run.ts';
import { hasPostgres } from './support.ts';

describe.runIf(hasPostgres)('a rolling restart', () => {
  it('of three servers and ten workers under load loses nothing and runs nothing twice', async () => {
    const cluster = await Cluster.start({ servers: 3, workers: 10, code: false });
    try {
      const load = new Load({ cluster, seed: 1, lines: 4, pauseMs: 300, code: false });
      load.start();
      for (const server of cluster.servers) {
        await server.drain();
        await server.start();
      }
      // Two by two: a fleet is not drained at once.
      for (let first = 0; first < cluster.workers.length; first += 2) {
        const pair = cluster.workers.slice(first, first + 2);
        await Promise.all(pair.map((worker) => worker.drain()));
        await Promise.all(pair.map((worker) => worker.start()));
      }
      await load.stop();
      const { broken, attempts, accepted } = await judge(cluster, load, {
        outages: [],
        slackMs: 5000,
      });
      expect(broken).toEqual([]);
      expect(attempts).not.toHaveProperty('lost');
      expect(accepted).toBeGreaterThan(50);
    } finally {
      await cluster.close();
    }
  }, 600_000);
});
