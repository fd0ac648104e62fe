import { readFileSync } from 'node:fs';
import { silentLog, systemClock } from '@mayfly/contracts';
import { openPostgresStore, type ConnectionSettings } from '@mayfly/postgres';
import { startDatabase, type TestServer } from '@mayfly/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from '../../src/sql/statements.ts';
import { dumpSchema } from '../../schema/dump-schema.ts';
import { DAY, dayAgo, idOn } from './suites/retention-support.ts';

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

  it('keep days from before retention as they are, for the longest retention in use', async () => {
    const settings = await server.database();
    const client = new pg.Client({ ...settings, options: '-c search_path=mayfly' });
    await client.connect();
    try {
      await client.query('create schema mayfly');
      await client.query(
        `create table migration (number integer primary key, name text not null,
          applied_at timestamptz not null default now())`,
      );
      for (const { number, name, sql } of migrations().filter((known) => known.number < 5)) {
        await client.query(`begin; ${sql}; commit`);
        await client.query('insert into migration (number, name) values ($1, $2)', [number, name]);
      }
      const day = dayAgo(40);
      const text = day.toISOString().slice(0, 10);
      await client.query('select make_partitions($1::date, 1), make_partitions(current_date, 2)', [
        text,
      ]);
      const ids = [idOn(day, 7, 1), idOn(day, 12, 2)];
      const insert = `insert into task (id, lane_id, priority, ttl_ms, grace_ms, owner, params)
        select id, 1, 0, 1, 0, id, '{}' from unnest($1::uuid[]) as id`;
      await client.query(insert, [ids]);
      await client.query(
        `insert into finished (task_id, status, lane_id, attempt, finished_at)
         select id, 'cancelled', 1, 0, now() - interval '39 days' from unnest($1::uuid[]) as id`,
        [ids],
      );
      const store = await open(settings);
      const lane = await store.workers.ensureLane({ queue: 'q', type: 'noop', runtime: '' });
      expect(lane.id).toBe(1);
      expect(await store.reader.getMany(ids, { owner: null })).toHaveLength(2);
      await expect(client.query(insert, [ids])).rejects.toThrow(/duplicate key.*_pkey/);
      await store.queues.change('q', { retentionMs: 60 * DAY });
      const [entry] = await store.queues.listRetentions();
      const today = idOn(dayAgo(0), entry?.retentionClass ?? 0, 1);
      await client.query(insert, [[today]]);
      expect(await store.retention.listDue(30 * DAY)).toEqual([]);
      const name = text.replaceAll('-', '');
      await store.queues.change('q', { retentionMs: 20 * DAY });
      await client.query('delete from retention_class where retention_ms = $1', [60 * DAY]);
      const due = await store.retention.listDue(30 * DAY);
      expect(due).toEqual([{ name, retentionMs: 30 * DAY }]);
      expect(await store.retention.end({ name, retentionMs: 30 * DAY })).toMatchObject({
        outcome: 'dropped',
        gone: 2,
      });
      expect(await store.reader.getMany([...ids, today], { owner: null })).toHaveLength(1);
      await store.close();
    } finally {
      await client.end();
    }
  });

  it('make the schema of the golden dump (npm run generate:schema writes it anew)', async () => {
    const settings = await server.database();
    const store = await open(settings);
    const golden = readFileSync(new URL('../../schema/schema.txt', import.meta.url), 'utf8');
    expect(await dumpSchema(settings)).toBe(golden);
    await store.close();
  });
});
