import type { Attempt, Task } from '@mayfly/contracts';
import { FINAL_STATUSES, type OutputStream, type TaskStatus } from '@mayfly/contracts';
import type {
  OpenPredecessors,
  OutputChunkView,
  OutputPosition,
  Scope,
  StoreStats,
  TaskListPage,
  TaskQuery,
  TaskReader,
} from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import { query, source } from '../sql/statements.ts';
import { toAttempt, toTask } from './rows.ts';

/** Candidates that one page looks at before it answers with what it found. */
const WINDOW = 20_000;

/** Counts of what waits or runs stop here: beyond it the exact number helps nobody. */
const COUNT_BOUND = 1_000_000;

const OUTPUT_CHUNKS = 1000;

const NEWEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const OLDEST_ID = '00000000-0000-0000-0000-000000000000';

/** Ids are made by servers and times by the database; their clocks may differ by this much. */
const CLOCK_SLACK_MS = 60_000;

export class PostgresTaskReader implements TaskReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(id: string, { owner }: Scope): Promise<Task | null> {
    const [row] = await this.#database.run('get-tasks', [[id], owner]);
    return row ? toTask(row) : null;
  }

  async getMany(ids: string[], { owner }: Scope): Promise<Task[]> {
    const rows = await this.#database.run('get-tasks', [ids, owner]);
    const tasks = new Map(rows.map((row) => [row['id'], toTask(row)]));
    return ids.flatMap((id) => tasks.get(id) ?? []);
  }

  async list(
    filter: TaskQuery,
    { owner }: Scope,
    { after, limit }: { after: string | null; limit: number },
  ): Promise<TaskListPage> {
    const statement = listStatement(filter);
    const simple = isSimple(filter) && owner === null;
    const window = simple ? limit : Math.max(WINDOW, limit);
    const labels = Object.keys(filter.labels).length > 0 ? filter.labels : null;
    const rows = await this.#database.runText(statement.name, statement.text, [
      before(filter, after),
      filter.createdAfter ? idOfTime(filter.createdAfter.getTime() - CLOCK_SLACK_MS) : OLDEST_ID,
      window,
      limit,
      filter.laneIds,
      labels ? JSON.stringify(labels) : null,
      filter.search,
      owner,
      filter.createdAfter?.toISOString() ?? null,
      filter.createdBefore?.toISOString() ?? null,
    ]);
    return {
      items: rows.filter((row) => row['id'] !== null).map(toTask),
      nextAfter: nextAfter(rows, window, limit),
    };
  }

  async attempts(id: string, { owner }: Scope): Promise<Attempt[] | null> {
    const rows = await this.#database.run('list-attempts', [id, owner]);
    if (rows.length === 0) return null;
    return rows.filter((row) => row['number'] !== null).map(toAttempt);
  }

  async predecessors(id: string, limit: number): Promise<OpenPredecessors> {
    const rows = await this.#database.run('list-predecessors', [id, limit]);
    const tasks = rows.map((row) => ({
      id: row['id'] as string,
      status: row['status'] as TaskStatus,
    }));
    return { count: (rows[0]?.['count'] as number | undefined) ?? 0, tasks };
  }

  async heldUntil(id: string): Promise<Date | null> {
    const [row] = await this.#database.run('read-hold', [id]);
    return (row?.['held_until'] as Date | undefined) ?? null;
  }

  async output(id: string, from: OutputPosition, limitBytes: number): Promise<OutputChunkView[]> {
    const rows = await this.#database.run('read-output', [
      id,
      from.attempt,
      from.seq,
      limitBytes,
      OUTPUT_CHUNKS,
    ]);
    return rows.map((row) => ({
      attempt: row['attempt'] as number,
      seq: row['seq'] as number,
      stream: row['stream'] as OutputStream,
      data: row['data'] as Buffer,
      at: row['at'] as Date,
    }));
  }

  async stats(days: number): Promise<StoreStats> {
    const [waiting, totals] = await Promise.all([
      this.#database.run('count-waiting', [COUNT_BOUND]),
      this.#database.run('count-totals', [days, COUNT_BOUND]),
    ]);
    const count = new Map(totals.map((row) => [row['event'] as string, row['count'] as number]));
    const events = ['submitted', ...FINAL_STATUSES];
    return {
      waiting: waiting.map((row) => ({
        queue: row['queue'] as string,
        type: row['type'] as string,
        pending: row['pending'] as number,
      })),
      scheduled: count.get('scheduled') ?? 0,
      running: count.get('running') ?? 0,
      totals: Object.fromEntries(events.map((event) => [event, count.get(event) ?? 0])),
    };
  }
}

/** Nothing beyond what the sources themselves select, so every candidate is a match. */
function isSimple(filter: TaskQuery): boolean {
  return (
    filter.laneIds === null &&
    filter.search === null &&
    filter.createdAfter === null &&
    filter.createdBefore === null &&
    Object.keys(filter.labels).length === 0
  );
}

function listStatement(filter: TaskQuery): { name: string; text: string } {
  const byLabel = Object.keys(filter.labels).length > 0 && filter.status === null;
  const names: string[] = filter.status
    ? [...new Set<TaskStatus>(filter.status)].sort()
    : [byLabel ? 'label' : 'all'];
  const sources = names.map(
    (name) => `select id from (${source(name)} order by id desc limit $3) as "${name}"`,
  );
  const candidates = `select id from (${sources.join('\nunion all\n')}) as candidates`;
  return {
    name: `list-tasks ${names.join(' ')}`.slice(0, 63),
    text: query('list-tasks').replace('/* sources */', candidates),
  };
}

function before(filter: TaskQuery, after: string | null): string {
  const bound = filter.createdBefore
    ? idOfTime(filter.createdBefore.getTime() + CLOCK_SLACK_MS)
    : NEWEST_ID;
  return after !== null && after < bound ? after : bound;
}

/** The smallest UUIDv7 of a millisecond. */
function idOfTime(ms: number): string {
  const hex = Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function nextAfter(rows: Row[], window: number, limit: number): string | null {
  const last = rows.at(-1);
  const found = rows.filter((row) => row['id'] !== null).length;
  if (found === limit) return last?.['id'] as string;
  const scanned = last?.['scanned_count'] as number;
  return scanned === window ? (last?.['scanned_last'] as string) : null;
}
