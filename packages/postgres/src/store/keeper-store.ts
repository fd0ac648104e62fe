import type { StopReason } from '@mayfly/contracts';
import type {
  DueLimit,
  DueTask,
  KeeperStore,
  Leadership,
  PendingStop,
  WaitLimit,
} from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database } from '../sql/database.ts';
import type { Sessions } from '../sql/sessions.ts';
import type { ReleaseDesk } from './releases.ts';

/** Any constant will do, as long as it is this one on every server. */
const LEADER_LOCK = 0x6d61_7966;

/** A keeper that is away for less than this leaves no day without its partition. */
const PARTITION_DAYS_AHEAD = 3;

export class PostgresKeeperStore implements KeeperStore {
  readonly #database: Database;
  readonly #sessions: Sessions;
  readonly #slot: () => number;
  readonly #releases: ReleaseDesk;

  constructor(database: Database, sessions: Sessions, slot: () => number, releases: ReleaseDesk) {
    this.#database = database;
    this.#sessions = sessions;
    this.#slot = slot;
    this.#releases = releases;
  }

  async tryLead(silenceMs: number): Promise<Leadership | null> {
    const session = await this.#sessions.open('keeper');
    const locked = await session.tryLock(LEADER_LOCK);
    if (!locked) {
      await session.close();
      await this.#database.run('end-silent-leader', [LEADER_LOCK, silenceMs]);
      return null;
    }
    return {
      onLost: (callback) => session.onEnd(callback),
      confirm: () => session.touch(),
      release: () => session.close(),
    };
  }

  async listScheduled(horizonMs: number, limit: number): Promise<DueTask[]> {
    const rows = await this.#database.run('list-scheduled', [horizonMs, limit]);
    return rows.map((row) => ({
      taskId: row['task_id'] as string,
      inMs: row['in_ms'] as number,
    }));
  }

  async wake(taskIds: string[]): Promise<string[]> {
    const rows = await this.#database.run('wake', [taskIds]);
    return rows.map((row) => row['task_id'] as string);
  }

  async listWaitLimits(horizonMs: number, limit: number): Promise<DueLimit[]> {
    const rows = await this.#database.run('list-wait-limits', [horizonMs, limit]);
    return rows.map((row) => ({
      taskId: row['task_id'] as string,
      limit: row['kind'] as WaitLimit,
      inMs: row['in_ms'] as number,
    }));
  }

  async expireWaiting(limits: { taskId: string; limit: WaitLimit }[]): Promise<string[]> {
    const values = columns(
      limits,
      (item) => item.taskId,
      (item) => item.limit,
    );
    const rows = await this.#database.run('expire-waiting', [...values, this.#slot()]);
    return this.#releases.sift(rows).map((row) => row['task_id'] as string);
  }

  async listPendingStops(workerIds: string[]): Promise<PendingStop[]> {
    const rows = await this.#database.run('list-pending-stops', [workerIds]);
    return rows.map((row) => ({
      taskId: row['task_id'] as string,
      attempt: row['attempt'] as number,
      workerId: row['worker_id'] as string,
      reason: row['stop_reason'] as StopReason | null,
      graceMs: row['grace_ms'] as number,
      leftMs: row['left_ms'] as number,
    }));
  }

  async tidy(): Promise<void> {
    await this.#database.run('make-partitions', [PARTITION_DAYS_AHEAD]);
    await this.#database.run('tidy', []);
  }
}
