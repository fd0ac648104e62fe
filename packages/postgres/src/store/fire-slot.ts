import { LIMITS } from '@mayfly/contracts';
import type { CancelResult, FiringResult, SlotFiring } from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import { toCancelResult } from './control-store.ts';
import { lockPredecessors } from './link-tasks.ts';
import { storeTasks } from './store-tasks.ts';

type Run = Database['run'];

/** Of each schedule, so many runs are remembered. */
const RUNS_KEPT = 1000;

/** Runs among which earlier tasks are looked for that have not ended. */
const RUNS_LOOKED_AT = 200;

export interface Fired {
  result: FiringResult;
  released: Row[];
}

/** Fires one slot, inside a transaction. */
export async function fireSlot(run: Run, firing: SlotFiring, tally: number): Promise<Fired> {
  const { schedule, expected, slot, next } = firing;
  const advanced = await run('advance-schedule', [
    schedule.id,
    schedule.revision,
    expected.toISOString(),
    next?.toISOString() ?? null,
  ]);
  if (advanced.length === 0) return { result: { kind: 'taken' }, released: [] };
  const open = await run('list-open-runs', [schedule.id, RUNS_LOOKED_AT]);
  const earlier = open.map((row) => row['task_id'] as string);
  const noted = { scheduleId: schedule.id, slot };
  if (isSkipped(schedule.overlap, earlier)) {
    await noteRun(run, { ...noted, taskId: null });
    return { result: { kind: 'skipped' }, released: [] };
  }
  const released: Row[] = [];
  let stopped: CancelResult = { cancelled: [], stopping: [] };
  let after = earlier;
  if (schedule.overlap === 'cancel-running' && earlier.length > 0) {
    const rows = await run('cancel', [earlier, null, tally]);
    released.push(...rows.filter((row) => row['released_lane'] !== null));
    stopped = toCancelResult(rows.filter((row) => row['released_lane'] === null));
    after = stopped.stopping.map((task) => task.taskId);
  }
  const task = { ...firing.task, after, afterPolicy: 'run-anyway' as const };
  const units = [{ tasks: [task], idempotency: null, seesAll: true }];
  const stored = await storeTasks(run, units, await lockPredecessors(run, units), tally);
  await noteRun(run, { ...noted, taskId: task.id });
  return {
    result: { kind: 'fired', createdAt: stored.createdAt, waits: after.length > 0, ...stopped },
    released: [...released, ...stored.released],
  };
}

function isSkipped(overlap: SlotFiring['schedule']['overlap'], earlier: string[]): boolean {
  if (earlier.length === 0) return false;
  return overlap === 'skip' || (overlap === 'queue' && earlier.length >= LIMITS.afterTasksMax);
}

interface Noted {
  scheduleId: string;
  /** Null: now, out of turn. */
  slot: Date | null;
  /** Null: skipped. */
  taskId: string | null;
}

/** @returns false when the schedule is gone */
export async function noteRun(run: Run, { scheduleId, slot, taskId }: Noted): Promise<boolean> {
  const rows = await run('insert-schedule-run', [
    scheduleId,
    slot?.toISOString() ?? null,
    slot !== null,
    taskId,
    RUNS_KEPT,
  ]);
  return rows.length > 0;
}
