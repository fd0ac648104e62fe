import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@mayfly/contracts';
import { startEmbeddedPostgres, type ConnectionSettings } from '@mayfly/postgres';
import { withClient } from '../support/fill.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';

/** The stores of all contenders. */
export interface Servers {
  postgres: ConnectionSettings;
  postgresPid: number;
  postgresVersion: string;
  /** What matters for a comparison. */
  postgresSettings: Record<string, string>;
  redis: RedisServer | null;
  /** Runs `work` on an empty database. */
  withDatabase<Result>(work: (database: ConnectionSettings) => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

const TOLD = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers'];

/** Starts PostgreSQL as Mayfly embeds it, on a disk, and Redis where there is one. */
export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'));
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    clock: systemClock,
    log: () => undefined,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const redis = await startRedis();
    const postgres = server.connection;
    const settings = await withClient(postgres, async (client) => {
      const { rows } = await client.query<{ name: string; setting: string }>(
        `select name, current_setting(name) as setting from pg_settings
         where name = any ($1) or name = 'server_version' order by name`,
        [TOLD],
      );
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    });
    const { server_version: postgresVersion = 'unknown', ...postgresSettings } = settings;
    let count = 0;
    return {
      postgres,
      postgresPid: server.serverPid,
      postgresVersion,
      postgresSettings,
      redis,
      async withDatabase(work) {
        const database = `bench_${++count}`;
        await withClient(postgres, (client) => client.query(`create database ${database}`));
        try {
          return await work({ ...postgres, database });
        } finally {
          await withClient(postgres, async (client) => {
            await client.query(`drop database ${database} with (force)`);
            // What this one has left to be written must not be paid for by the next one.
            await client.query('checkpoint');
          });
        }
      },
      async stop() {
        await redis?.stop();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
