import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '@mayfly/contracts';
import type { Store } from '@mayfly/core';
import {
  MEMORY,
  openPostgresStore,
  startEmbeddedPostgres,
  type ConnectionSettings,
} from '@mayfly/postgres';
import pg from 'pg';
import { findDebianPostgres, startDebianPostgres } from './debian-postgres.ts';

/** A database server for tests; each test takes a database of its own in it. */
export interface TestServer {
  /** Makes an empty database. */
  database(): Promise<ConnectionSettings>;
  /** Makes a database with the schema of Mayfly in place, which is quicker than to migrate one. */
  migrated(): Promise<ConnectionSettings>;
  stop(): Promise<void>;
}

/** The ways to have PostgreSQL that Mayfly supports. */
export const DATABASE_KINDS = ['memory:', 'embedded', 'external'] as const;

const SURROUNDINGS = { clock: systemClock, log: silentLog };

export type DatabaseKind = (typeof DATABASE_KINDS)[number];

export function hasDatabase(kind: DatabaseKind): boolean {
  return kind !== 'external' || findDebianPostgres() !== undefined;
}

export async function startDatabase(kind: DatabaseKind): Promise<TestServer> {
  if (kind === 'external') return startExternal();
  const folder = kind === 'embedded' ? mkdtempSync(join(tmpdir(), 'mayfly-test-data-')) : undefined;
  const server = await startEmbeddedPostgres({
    dataDir: folder ?? MEMORY,
    clock: systemClock,
    log: () => undefined,
  });
  return serve(server.connection, async () => {
    await server.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
}

/** A store with the schema in place, on a database of its own. */
export async function openTestStore(server: TestServer): Promise<Store> {
  return openPostgresStore(await server.migrated(), SURROUNDINGS);
}

/** Two stores on one database, as two servers have; each hears the nudges of the other. */
export async function openTwoStores(server: TestServer): Promise<[Store, Store]> {
  const settings = await server.migrated();
  const open = (): Promise<Store> => openPostgresStore(settings, SURROUNDINGS);
  const stores = await Promise.all([open(), open()]);
  await untilBothListen(settings);
  return stores;
}

async function untilBothListen(settings: ConnectionSettings): Promise<void> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ listening: number }>(
        `select count(*)::integer as listening from pg_stat_activity
         where application_name = 'mayfly hints' and datname = current_database()
           and query like 'listen%mayfly_queues%' and state = 'idle'`,
      );
      if ((rows[0]?.listening ?? 0) >= 2) return;
    }
  } finally {
    await client.end();
  }
}

async function startExternal(): Promise<TestServer> {
  const bin = findDebianPostgres();
  if (bin === undefined) throw new Error('there is no PostgreSQL from Debian');
  const server = await startDebianPostgres(bin);
  const { host, port, user, password } = server;
  return serve({ host, port, user, password, database: 'postgres' }, () => server.stop());
}

function serve(admin: ConnectionSettings, stop: () => Promise<void>): TestServer {
  let count = 0;
  const create = async (how = ''): Promise<string> => {
    const database = `test_${process.pid}_${++count}`;
    const client = new pg.Client(admin);
    await client.connect();
    try {
      await client.query(`create database ${database} ${how}`);
    } finally {
      await client.end();
    }
    return database;
  };
  const migrate = async (): Promise<string> => {
    const database = await create();
    const store = await openPostgresStore({ ...admin, database }, SURROUNDINGS);
    await store.close();
    return database;
  };
  let template: Promise<string> | undefined;
  return {
    async database() {
      return { ...admin, database: await create() };
    },
    async migrated() {
      template ??= migrate();
      const database = await create(`template ${await template} strategy file_copy`);
      return { ...admin, database };
    },
    stop,
  };
}
