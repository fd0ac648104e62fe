import type { TaskStatus } from '@mayfly/contracts';
import type {
  CancelResult,
  ChangeResult,
  ControlStore,
  RunningTask,
  Scope,
  StoredChange,
} from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import type { ReleaseDesk } from './releases.ts';

type Run = Database['run'];

/** A claim or a report may move the task between our look and our lock; then we look again. */
const MOVED_TRIES = 10;

export class PostgresControlStore implements ControlStore {
  readonly #database: Database;
  readonly #slot: () => number;
  readonly #releases: ReleaseDesk;

  constructor(database: Database, slot: () => number, releases: ReleaseDesk) {
    this.#database = database;
    this.#slot = slot;
    this.#releases = releases;
  }

  async cancel(ids: string[], scope: Scope): Promise<CancelResult> {
    const answer = await this.#database.run('cancel', [ids, scope.owner, this.#slot()]);
    return toCancelResult(this.#releases.sift(answer));
  }

  async retry(ids: string[], scope: Scope, certainDeathMs: number): Promise<string[]> {
    return idsOf(await this.#database.run('retry', [ids, scope.owner, certainDeathMs]));
  }

  async remove(ids: string[], scope: Scope): Promise<string[]> {
    return idsOf(await this.#database.run('remove', [ids, scope.owner]));
  }

  async change(id: string, change: StoredChange, scope: Scope): Promise<ChangeResult> {
    for (let tries = 0; tries < MOVED_TRIES; tries++) {
      const result = await this.#database.transaction((run) => changeTask(run, id, change, scope));
      if (result !== 'moved') return result;
    }
    throw new Error(`task ${id} moved ${MOVED_TRIES} times while it was to be changed`);
  }
}

/** From rows of `cancel`. */
export function toCancelResult(rows: Row[]): CancelResult {
  const stopping = rows.filter((row) => row['worker_id'] !== null);
  const cancelled = rows.filter((row) => row['worker_id'] === null);
  return { cancelled: idsOf(cancelled), stopping: stopping.map(toRunningTask) };
}

async function changeTask(
  run: Run,
  id: string,
  change: StoredChange,
  scope: Scope,
): Promise<ChangeResult | 'moved'> {
  const [place] = await run('lock-task', [id, scope.owner]);
  if (!place) return { kind: 'not-found' };
  const status = place['status'] as TaskStatus | null;
  if (status === null) return 'moved';
  const fields = Object.keys(change);
  const onlyTtl = fields.every((field) => field === 'ttlMs');
  const waits = status === 'pending' || status === 'scheduled';
  if (!waits && !(status === 'running' && onlyTtl)) return { kind: 'refused', status };
  await writeFields(run, id, fields, change);
  if (status === 'running') {
    const [row] = await run('move-deadline', [id]);
    if (!row) return 'moved';
    return {
      kind: 'changed',
      status,
      running: { ...toRunningTask(row), leftMs: row['left_ms'] as number },
    };
  }
  await moveWaiting(run, id, place, change);
  return { kind: 'changed', status, running: null };
}

async function writeFields(
  run: Run,
  id: string,
  fields: string[],
  change: StoredChange,
): Promise<void> {
  const names = fields.map((field) => (field === 'paramsJson' ? 'params' : field));
  const labels = change.labels && Object.keys(change.labels).length > 0 ? change.labels : null;
  await run('change-task', [
    id,
    names,
    change.description ?? null,
    labels ? JSON.stringify(labels) : null,
    change.priority ?? null,
    change.paramsJson ?? null,
    change.ttlMs ?? null,
    change.graceMs ?? null,
    change.queueTtlMs ?? null,
    change.totalTtlMs ?? null,
    change.retry ? JSON.stringify(change.retry) : null,
    change.runAt?.toISOString() ?? null,
  ]);
}

async function moveWaiting(run: Run, id: string, place: Row, change: StoredChange): Promise<void> {
  const priority = place['priority'] as number;
  if (change.priority !== undefined || change.runAt !== undefined) {
    await run('move-waiting', [
      id,
      place['lane_id'],
      priority,
      change.priority ?? priority,
      change.runAt?.toISOString() ?? null,
    ]);
  }
  if ('queueTtlMs' in change || 'totalTtlMs' in change || 'runAt' in change) {
    await run('renew-wait-limits', [id]);
  }
}

function toRunningTask(row: Row): RunningTask {
  return {
    taskId: row['task_id'] as string,
    attempt: row['attempt'] as number,
    workerId: row['worker_id'] as string,
    graceMs: row['grace_ms'] as number,
  };
}

function idsOf(rows: Row[]): string[] {
  return rows.map((row) => row['task_id'] as string);
}
