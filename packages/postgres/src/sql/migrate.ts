import { MayflyError } from '@mayfly/contracts';
import pg from 'pg';
import { explainDatabaseError, type ConnectionSettings } from './database.ts';
import { migrations, type Migration } from './statements.ts';

const OLDEST_SERVER_MAJOR = 15;

/** One lock for all servers that start at once: the first migrates, the others find it done. */
const MIGRATION_LOCK = 0x6d61_796a;

/**
 * Brings the schema `mayfly` to what this program needs, each migration in a transaction of its
 * own. Safe when several servers start at once.
 *
 * @throws MayflyError `store.newer_schema` when the database has migrations this program lacks,
 *   `store.unavailable` when it cannot be used at all
 */
export async function migrate(settings: ConnectionSettings): Promise<void> {
  const client = new pg.Client({ ...settings, application_name: 'mayfly migration' });
  // A connection that breaks fails the next statement.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await requireServerVersion(client);
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await applyMissing(client);
  } catch (error) {
    throw explainDatabaseError(error);
  } finally {
    await client.end();
  }
}

async function requireServerVersion(client: pg.Client): Promise<void> {
  const answer = await client.query('show server_version_num');
  const number = Number((answer.rows[0] as { server_version_num: string }).server_version_num);
  const major = Math.floor(number / 10_000);
  if (major >= OLDEST_SERVER_MAJOR) return;
  throw new MayflyError(
    'store.unavailable',
    `The database is PostgreSQL ${major}; Mayfly needs ${OLDEST_SERVER_MAJOR} or newer.`,
  );
}

async function applyMissing(client: pg.Client): Promise<void> {
  await client.query(`
    create schema if not exists mayfly;
    set search_path = mayfly;
    create table if not exists migration (
      number integer primary key,
      name text not null,
      applied_at timestamptz not null default now()
    );
  `);
  const answer = await client.query('select number from migration order by number');
  const applied = new Set((answer.rows as { number: number }[]).map((row) => row.number));
  const known = migrations();
  refuseNewer(applied, known);
  for (const migration of known) {
    if (!applied.has(migration.number)) await apply(client, migration);
  }
}

function refuseNewer(applied: Set<number>, known: Migration[]): void {
  const newest = known.at(-1)?.number ?? 0;
  const beyond = [...applied].filter((number) => number > newest);
  if (beyond.length === 0) return;
  throw new MayflyError(
    'store.newer_schema',
    `The database has schema ${Math.max(...beyond)}, this program knows up to ${newest}. ` +
      'Start the newer Mayfly that has used it, or choose another database.',
  );
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into migration (number, name) values ($1, $2)', [
      migration.number,
      migration.name,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
