import type { RetryPolicy, TaskStatus } from '@mayfly/contracts';

/** Who asks: sees only their own tasks unless `owner` is null. */
export interface Scope {
  owner: string | null;
}

export interface RunningTask {
  taskId: string;
  attempt: number;
  workerId: string;
  graceMs: number;
}

export interface CancelResult {
  /** Tasks that waited and are cancelled now. */
  cancelled: string[];
  /** Tasks that run: the stop is recorded, their workers must be told. */
  stopping: RunningTask[];
}

/** New values; undefined leaves a field as it is. */
export interface StoredChange {
  description?: string | null;
  labels?: Record<string, string>;
  priority?: number;
  paramsJson?: string;
  ttlMs?: number;
  queueTtlMs?: number | null;
  totalTtlMs?: number | null;
  graceMs?: number;
  retry?: RetryPolicy | null;
  runAt?: Date;
}

export type ChangeResult =
  | { kind: 'changed'; status: TaskStatus; running: (RunningTask & { leftMs: number }) | null }
  | { kind: 'refused'; status: TaskStatus }
  | { kind: 'not-found' };

export interface ControlStore {
  /** Cancels those of the tasks that have not finished; the others are left out of the answer. */
  cancel(ids: string[], scope: Scope): Promise<CancelResult>;
  /**
   * Sends finished tasks back to `pending`. One whose last attempt ended without a confirmed death
   * is held in `scheduled` until `certainDeathMs` after that end, or until the death is confirmed.
   *
   * @returns the ids that went
   */
  retry(ids: string[], scope: Scope, certainDeathMs: number): Promise<string[]>;
  /** Changes a waiting task, or `ttlMs` of a running one; all or nothing. */
  change(id: string, change: StoredChange, scope: Scope): Promise<ChangeResult>;
  /** Deletes finished tasks with all that belongs to them. @returns the ids that are gone */
  remove(ids: string[], scope: Scope): Promise<string[]>;
}
