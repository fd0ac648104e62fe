import { readFileSync } from 'node:fs';
import { silentLog, systemClock } from '@mayfly/contracts';
import { openPostgresStore, type ConnectionSettings } from '@mayfly/postgres';
import { startDatabase, type TestServer } from '@mayfly/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../../src/sql/statements.ts';
import { dumpSchema } from '../../schema/dump-schema.ts';

describe('migrations', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase('memory:');
  });
  afterAll(() => server.stop());

  const open = (settings: ConnectionSettings) =>
    openPostgresStore(settings, { clock: systemClock, log: silentLog });

  async function query(settings: ConnectionSettings, text: string): Promise<pg.QueryResult> {
    const client = new pg.Client(settings);
    await client.connect();
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }

  it('are applied once when several servers start at once', async () => {
    const settings = await server.database();
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(settings)));
    const applied = await query(settings, 'select number from mayfly.migration order by number');
    expect(applied.rows).toEqual(migrations().map(({ number }) => ({ number })));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('refuse a schema that is newer than the program', async () => {
    const settings = await server.database();
    await (await open(settings)).close();
    await query(settings, `insert into mayfly.migration (number, name) values (999, 'future')`);
    await expect(open(settings)).rejects.toMatchObject({
      code: 'store.newer_schema',
      message: expect.stringMatching(/schema 999.*up to \d+\. Start the newer Mayfly/s),
    });
  });

  it('leave nothing behind when one fails', async () => {
    const settings = await server.database();
    await query(settings, 'create schema mayfly; create table mayfly.worker (id integer)');
    await expect(open(settings)).rejects.toThrow(/worker/);
    const tables = await query(
      settings,
      `select table_name from information_schema.tables where table_schema = 'mayfly' order by 1`,
    );
    expect(tables.rows.map((row: { table_name: string }) => row.table_name)).toEqual([
      'migration',
      'worker',
    ]);
  });

  it('make the schema of the golden dump (npm run generate:schema writes it anew)', async () => {
    const settings = await server.database();
    const store = await open(settings);
    const golden = readFileSync(new URL('../../schema/schema.txt', import.meta.url), 'utf8');
    expect(await dumpSchema(settings)).toBe(golden);
    await store.close();
  });
});
