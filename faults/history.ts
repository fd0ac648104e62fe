import type { AttemptOutcome, FinalStatus } from '@mayfly/contracts';
import pg from 'pg';

/** One attempt as the database has it. */
export interface StoredAttempt {
  task: string;
  number: number;
  /** Null: it runs. */
  outcome: AttemptOutcome | null;
  workerPid: number;
  startedAtMs: number;
  finishedAtMs: number | null;
  deadlineAtMs: number;
  lateResultRefused: boolean;
}

/** Where a task is; the same task can be in one place only. */
export interface StoredPlace {
  task: string;
  place: 'ready' | 'scheduled' | 'running' | 'finished';
  status: FinalStatus | null;
  errorCode: string | null;
}

export interface History {
  places: StoredPlace[];
  attempts: StoredAttempt[];
}

const PLACES = `
  select task_id::text as task, 'ready' as place, null as status, null as error_code from ready
  union all select task_id::text, 'scheduled', null, null from scheduled
  union all select task_id::text, 'running', null, null from running
  union all select task_id::text, 'finished', status::text, error_code from finished`;

const ATTEMPTS = `
  select found.task_id::text as task, found.number, found.outcome, worker.pid,
    (extract(epoch from found.started_at) * 1000)::float8 as started,
    (extract(epoch from found.finished_at) * 1000)::float8 as finished,
    (extract(epoch from found.started_at) * 1000 + task.ttl_ms)::float8 as deadline,
    found.late_result_refused_at is not null as refused
  from attempt_view as found
  join task on task.id = found.task_id
  join worker on worker.id = found.worker_id`;

/** Reads the tables themselves, so that no code of the servers stands between. */
export async function readHistory(url: string): Promise<History> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=mayfly' });
  await client.connect();
  try {
    const places = await client.query<Record<string, string | null>>(PLACES);
    const attempts = await client.query<Record<string, unknown>>(ATTEMPTS);
    return {
      places: places.rows.map((row) => ({
        task: row['task'] as string,
        place: row['place'] as StoredPlace['place'],
        status: row['status'] as FinalStatus | null,
        errorCode: row['error_code'] ?? null,
      })),
      attempts: attempts.rows.map((row) => ({
        task: row['task'] as string,
        number: row['number'] as number,
        outcome: row['outcome'] as AttemptOutcome | null,
        workerPid: row['pid'] as number,
        startedAtMs: row['started'] as number,
        finishedAtMs: row['finished'] as number | null,
        deadlineAtMs: row['deadline'] as number,
        lateResultRefused: row['refused'] as boolean,
      })),
    };
  } finally {
    await client.end();
  }
}

/** How many tasks have not finished; null while the database is away. */
export async function countUnfinished(url: string): Promise<number> {
  const { places } = await readHistory(url);
  return places.filter(({ place }) => place !== 'finished').length;
}
