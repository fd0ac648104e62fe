import pg from 'pg';
import type { ConnectionSettings } from '@mayfly/postgres';
import { until } from '../contenders/start-watch.ts';

/** Resolves when Mayfly has counted so many ends of that kind: it counts in the same transaction. */
export async function untilEnded(
  database: ConnectionSettings,
  end: 'completed' | 'expired',
  count: number,
): Promise<void> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    await until(async () => {
      const { rows } = await client.query<{ count: number }>(
        'select coalesce(sum(count), 0)::float8 as count from mayfly.tally where event = $1',
        [end],
      );
      return (rows[0]?.count ?? 0) >= count;
    });
  } finally {
    await client.end();
  }
}
