import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { SETTINGS } from '../contenders/settings.ts';
import type { About } from '../report/report.ts';
import type { Sizes } from '../sizes.ts';
import type { Servers } from './servers.ts';

const PEERS = ['graphile-worker', 'pg-boss', 'bullmq', 'ioredis', 'pg'];

/** What a reader needs to know to judge the figures, but for the time that they took. */
export function describeRun(servers: Servers, sizes: Sizes): Omit<About, 'seconds' | 'failures'> {
  const { redis, postgresVersion, postgresSettings } = servers;
  const packages = PEERS.map((name) => [name, versionOf(`node_modules/${name}`)]);
  const ours = versionOf('apps/cli');
  return {
    at: new Date().toISOString(),
    size: sizes.name,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? Number.NaN,
    versions: {
      mayfly: ours,
      Node: process.version,
      PostgreSQL: postgresVersion,
      ...(redis ? { Redis: redis.version } : {}),
      ...Object.fromEntries(packages),
    },
    postgresSettings,
    contenders: { ...SETTINGS },
    missing: redis
      ? []
      : ['BullMQ: there is no redis-server. Install it: apt install redis-server'],
  };
}

function versionOf(folder: string): string {
  const file = new URL(`../../${folder}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
