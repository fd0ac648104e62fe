import type { QueueChange, QueueControls, Task } from '@mayfly/contracts';
import type { RetentionClass } from '../task/task-id.ts';
import type { QueueLoad } from '../queues/claim-plan.ts';

export interface NamedControls extends QueueControls {
  name: string;
}

export interface NamedRetention {
  queue: string;
  retentionClass: RetentionClass;
}

/** Controls and figures of one queue. */
export interface QueueFigures extends NamedControls {
  /** Null: the default of the servers. */
  retentionMs: number | null;
  pending: number;
  running: number;
  oldestWaitMs: number | null;
  /** Ended tasks by status, and submitted ones, of the last days. */
  totals: Record<string, number>;
}

/** Where a pending task stands; `load` is null for a queue without controls. */
export interface Standing {
  runtime: string;
  /** Tasks of its lane, and of its key when it has one, that go first. */
  ahead: number;
  load: QueueLoad | null;
}

/** What has come, begun and ended in a queue on one day. */
export interface DayTally {
  queue: string;
  day: string;
  submitted: number;
  started: number;
  finished: number;
}

/** All that was counted today and yesterday, at one moment of the database clock. */
export interface TallySample {
  atMs: number;
  tallies: DayTally[];
}

export interface QueueStore {
  sampleTallies(): Promise<TallySample>;
  /** Counts attempts that have begun. */
  addStarts(starts: { laneId: number; count: number }[]): Promise<void>;
  /** Queues that are paused or have limits. */
  listControls(): Promise<NamedControls[]>;
  /** Queues with a retention of their own. */
  listRetentions(): Promise<NamedRetention[]>;
  /** Every queue that has had a task or has controls, by name. @param name null for all */
  list(name: string | null, days: number): Promise<QueueFigures[]>;
  /**
   * Sets controls; what is left out stays as it is. When it resolves, no server starts a task
   * against them any more, and tasks of a new retention class can be stored.
   *
   * @throws MayflyError `queue.too_many_retentions`
   */
  change(name: string, change: QueueChange & { paused?: boolean }): Promise<void>;
  /** Where a task stands that is pending, else null. */
  standing(task: Task): Promise<Standing | null>;
}
