import type { CatchUp, Overlap, ScheduleRun } from '@mayfly/contracts';
import type {
  FiringResult,
  NewSchedule,
  NewTask,
  ScheduleSettings,
  ScheduleStore,
  ScheduleUpdate,
  Scope,
  SlotFiring,
  StoredSchedule,
  Timing,
} from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import { fireSlot, noteRun, type Fired } from './fire-slot.ts';
import { PredecessorMoves } from './link-tasks.ts';
import type { ReleaseDesk } from './releases.ts';
import { storeTasks } from './store-tasks.ts';

const NEWEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const UNIQUE_VIOLATION = '23505';
const MOVED_TRIES = 20;

export class PostgresScheduleStore implements ScheduleStore {
  readonly #database: Database;
  readonly #slot: () => number;
  readonly #releases: ReleaseDesk;

  constructor(database: Database, slot: () => number, releases: ReleaseDesk) {
    this.#database = database;
    this.#slot = slot;
    this.#releases = releases;
  }

  async now(): Promise<Date> {
    const [row] = await this.#database.run('read-clock', []);
    return row?.['now'] as Date;
  }

  async add(schedule: NewSchedule): Promise<boolean> {
    const { id, owner, nextAt } = schedule;
    const values = [id, owner, ...settingsOf(schedule), nextAt?.toISOString() ?? null];
    return (await this.#database.run('insert-schedule', values)).length > 0;
  }

  async get(id: string, { owner }: Scope): Promise<StoredSchedule | null> {
    const [row] = await this.#database.run('get-schedule', [id, owner]);
    return row ? toSchedule(row) : null;
  }

  async list(
    { owner }: Scope,
    { after, limit }: { after: string | null; limit: number },
  ): Promise<StoredSchedule[]> {
    const rows = await this.#database.run('list-schedules', [owner, after ?? NEWEST_ID, limit]);
    return rows.map(toSchedule);
  }

  async save(
    id: string,
    revision: number,
    update: ScheduleUpdate,
  ): Promise<'saved' | 'changed' | 'name-taken'> {
    const { nextAt } = update;
    const slot = [nextAt !== undefined, nextAt?.toISOString() ?? null];
    try {
      const values = [id, revision, ...settingsOf(update), ...slot];
      const rows = await this.#database.run('update-schedule', values);
      return rows.length > 0 ? 'saved' : 'changed';
    } catch (error) {
      if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return 'name-taken';
      throw error;
    }
  }

  async remove(id: string, { owner }: Scope): Promise<boolean> {
    return (await this.#database.run('remove-schedule', [id, owner])).length > 0;
  }

  async runs(id: string, limit: number): Promise<ScheduleRun[]> {
    return (await this.#database.run('list-schedule-runs', [id, limit])).map(toRun);
  }

  async listDue(horizonMs: number, limit: number): Promise<{ id: string; inMs: number }[]> {
    const rows = await this.#database.run('list-due-schedules', [horizonMs, limit]);
    return rows.map((row) => ({ id: row['id'] as string, inMs: row['in_ms'] as number }));
  }

  async getDue(id: string): Promise<{ schedule: StoredSchedule; now: Date } | null> {
    const [row] = await this.#database.run('get-schedule', [id, null]);
    if (!row) return null;
    const [schedule, now] = [toSchedule(row), row['now'] as Date];
    return schedule.nextAt !== null && schedule.nextAt <= now ? { schedule, now } : null;
  }

  async fire(firing: SlotFiring): Promise<FiringResult> {
    const { result, released } = await this.#insist((run) => fireSlot(run, firing, this.#slot()));
    this.#releases.tell(released);
    return result;
  }

  async pass({
    schedule,
    expected,
    next,
  }: Pick<SlotFiring, 'schedule' | 'expected' | 'next'>): Promise<boolean> {
    const values = [schedule.id, schedule.revision, expected.toISOString()];
    const rows = await this.#database.run('advance-schedule', [
      ...values,
      next?.toISOString() ?? null,
    ]);
    return rows.length > 0;
  }

  async runNow(scheduleId: string, task: NewTask): Promise<{ createdAt: Date } | null> {
    return this.#database.transaction(async (run) => {
      if (!(await noteRun(run, { scheduleId, slot: null, taskId: task.id }))) return null;
      const units = [{ tasks: [task], idempotency: null }];
      const { createdAt } = await storeTasks(run, units, new Map(), this.#slot());
      return { createdAt };
    });
  }

  async #insist(work: (run: Database['run']) => Promise<Fired>): Promise<Fired> {
    for (let tries = 0; tries < MOVED_TRIES; tries++) {
      try {
        return await this.#database.transaction(work);
      } catch (error) {
        if (!(error instanceof PredecessorMoves)) throw error;
        await this.#database.run('await-move', [error.taskId]);
      }
    }
    throw new Error(`an earlier task moved ${MOVED_TRIES} times while a slot was to be fired`);
  }
}

function settingsOf(settings: ScheduleSettings): unknown[] {
  const { timing } = settings;
  return [
    settings.name,
    timing.kind === 'cron' ? timing.cron : null,
    timing.kind === 'cron' ? timing.timeZone : null,
    timing.kind === 'every' ? timing.everyMs : null,
    timing.kind === 'every' ? timing.anchorAt.toISOString() : null,
    settings.catchUp,
    settings.catchUpMax,
    settings.overlap,
    settings.taskJson,
    settings.laneId,
    settings.paused,
  ];
}

function toSchedule(row: Row): StoredSchedule {
  return {
    id: row['id'] as string,
    owner: row['owner'] as string,
    name: row['name'] as string,
    timing: toTiming(row),
    catchUp: row['catch_up'] as CatchUp,
    catchUpMax: row['catch_up_max'] as number,
    overlap: row['overlap'] as Overlap,
    taskJson: row['task'] as string,
    laneId: row['lane_id'] as number,
    paused: row['paused'] as boolean,
    nextAt: row['next_at'] as Date | null,
    revision: row['revision'] as number,
    createdAt: row['created_at'] as Date,
    updatedAt: row['updated_at'] as Date,
    lastRun: row['slot_at'] instanceof Date ? toRun(row) : null,
  };
}

function toTiming(row: Row): Timing {
  if (row['every_ms'] === null) {
    return { kind: 'cron', cron: row['cron'] as string, timeZone: row['time_zone'] as string };
  }
  return { kind: 'every', everyMs: Number(row['every_ms']), anchorAt: row['anchor_at'] as Date };
}

function toRun(row: Row): ScheduleRun {
  return {
    slotAt: (row['slot_at'] as Date).toISOString(),
    planned: row['planned'] as boolean,
    taskId: row['run_task_id'] as string | null,
    at: (row['at'] as Date).toISOString(),
  };
}
