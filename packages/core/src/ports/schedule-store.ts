import type { CatchUp, Overlap, ScheduleRun } from '@mayfly/contracts';
import type { Timing } from '../schedules/timing.ts';
import type { NewTask } from '../task/new-task.ts';
import type { CancelResult, Scope } from './control-store.ts';

/** What the owner has set. */
export interface ScheduleSettings {
  name: string;
  timing: Timing;
  catchUp: CatchUp;
  catchUpMax: number;
  overlap: Overlap;
  /** The checked submission as JSON text, and the lane that it was found to need. */
  taskJson: string;
  laneId: number;
  paused: boolean;
}

export interface NewSchedule extends ScheduleSettings {
  id: string;
  owner: string;
  nextAt: Date | null;
}

export interface StoredSchedule extends NewSchedule {
  /** Counts changes of the settings; firing does not change it. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
  lastRun: ScheduleRun | null;
}

export interface ScheduleUpdate extends ScheduleSettings {
  /** Undefined leaves the next slot as it is. */
  nextAt: Date | null | undefined;
}

export interface SlotFiring {
  schedule: Pick<StoredSchedule, 'id' | 'revision' | 'overlap'>;
  /** What `next_at` must be still; who moves it on has the right to fire. */
  expected: Date;
  slot: Date;
  next: Date | null;
  task: NewTask;
}

export type FiringResult =
  | ({ kind: 'fired'; createdAt: Date; waits: boolean } & CancelResult)
  /** An earlier task has not ended. */
  | { kind: 'skipped' }
  /** Another server was first, or the schedule has changed. */
  | { kind: 'taken' };

export interface ScheduleStore {
  /** The time by the database clock. */
  now(): Promise<Date>;
  /** @returns false when the owner has one of this name */
  add(schedule: NewSchedule): Promise<boolean>;
  get(id: string, scope: Scope): Promise<StoredSchedule | null>;
  /** Newest first. */
  list(scope: Scope, page: { after: string | null; limit: number }): Promise<StoredSchedule[]>;
  /** Changes the schedule if it still has that revision. */
  save(
    id: string,
    revision: number,
    update: ScheduleUpdate,
  ): Promise<'saved' | 'changed' | 'name-taken'>;
  /** @returns whether it was there. Its tasks stay. */
  remove(id: string, scope: Scope): Promise<boolean>;
  /** The latest runs, newest first. */
  runs(id: string, limit: number): Promise<ScheduleRun[]>;
  listDue(horizonMs: number, limit: number): Promise<{ id: string; inMs: number }[]>;
  /** The schedule, if its slot has come by the database clock, and that clock. */
  getDue(id: string): Promise<{ schedule: StoredSchedule; now: Date } | null>;
  /** Stores the task of a slot and moves on to the next one, both or neither. */
  fire(firing: SlotFiring): Promise<FiringResult>;
  /** Moves on without firing. @returns false when another server was first */
  pass(firing: Pick<SlotFiring, 'schedule' | 'expected' | 'next'>): Promise<boolean>;
  /** Stores a task out of turn. */
  runNow(scheduleId: string, task: NewTask): Promise<{ createdAt: Date } | null>;
}
