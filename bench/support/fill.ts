import type { ConnectionSettings } from '@mayfly/postgres';
import pg from 'pg';

const CHUNK = 500_000;

/** Makes rows by SQL, a chunk at a time: `$1` of `statement` is how many. Then analyses. */
export async function fill(
  database: ConnectionSettings,
  statement: string,
  count: number,
): Promise<void> {
  await withClient(database, async (client) => {
    for (let left = count; left > 0; left -= CHUNK)
      await client.query(statement, [Math.min(CHUNK, left)]);
    await client.query('vacuum analyze');
  });
}

/** One connection for the length of `work`. */
export async function withClient<Result>(
  database: ConnectionSettings,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The id of a task that is kept as long as the server says, as `newTaskId(0)` makes them. */
export const NEW_TASK_ID = `overlay(uuidv7()::text placing '0' from 36)::uuid`;

/** Tasks of the bench in a state between: `into` says where else they stand. */
export function mayflyTasks(into: string, columns = 'ttl_ms', values = '60000'): string {
  return `
    with made as (
      insert into mayfly.task (id, lane_id, priority, grace_ms, owner, params, ${columns})
      select ${NEW_TASK_ID}, lane.id, 0, 0, '01900000-0000-7000-8000-000000000001', '{"n":0}', ${values}
      from generate_series(1, $1::integer) as n, mayfly.lane
      where lane.type = 'bench.noop' and lane.queue = 'default'
      returning id, lane_id
    )
    ${into}`;
}

/** So many more no-op tasks wait. */
export const WAITING_IN_MAYFLY = mayflyTasks(
  `insert into mayfly.ready (lane_id, priority, task_id, attempt, failures, lost)
   select lane_id, 0, id, 0, 0, 0 from made`,
);

/** The same in graphile-worker, as its `add_jobs` would store them. */
export const WAITING_IN_GRAPHILE = `
  insert into graphile_worker._private_jobs (task_id, payload)
  select tasks.id, '{"n":0}' from graphile_worker._private_tasks as tasks,
    generate_series(1, $1::integer)
  where tasks.identifier = 'noop'`;
