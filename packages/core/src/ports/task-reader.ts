import type { Attempt, OutputStream, Task, TaskStatus } from '@mayfly/contracts';
import type { Scope } from './control-store.ts';

export interface TaskQuery {
  status: TaskStatus[] | null;
  laneIds: number[] | null;
  labels: Record<string, string>;
  createdAfter: Date | null;
  createdBefore: Date | null;
  search: string | null;
}

export interface TaskListPage {
  items: Task[];
  /** Id to go on after; null at the end. A page may be short, even empty, and still go on. */
  nextAfter: string | null;
}

export interface OutputChunkView {
  attempt: number;
  seq: number;
  stream: OutputStream;
  data: Buffer;
  at: Date;
}

export interface OutputPosition {
  attempt: number;
  /** The first chunk wanted. */
  seq: number;
}

export interface WaitingCount {
  queue: string;
  type: string;
  pending: number;
}

export interface StoreStats {
  waiting: WaitingCount[];
  scheduled: number;
  running: number;
  /** Ended tasks by status, and submitted ones, of the last `days` days. */
  totals: Record<string, number>;
}

/** Whom a task still waits for. */
export interface OpenPredecessors {
  count: number;
  /** The first of them. */
  tasks: { id: string; status: TaskStatus }[];
}

export interface TaskReader {
  get(id: string, scope: Scope): Promise<Task | null>;
  getMany(ids: string[], scope: Scope): Promise<Task[]>;
  /** Newest first. */
  list(
    query: TaskQuery,
    scope: Scope,
    page: { after: string | null; limit: number },
  ): Promise<TaskListPage>;
  attempts(id: string, scope: Scope): Promise<Attempt[] | null>;
  /** @param limit most tasks to name */
  predecessors(id: string, limit: number): Promise<OpenPredecessors>;
  /** Until when a task is held because its last attempt may still live; null when it is not. */
  heldUntil(id: string): Promise<Date | null>;
  output(id: string, from: OutputPosition, limitBytes: number): Promise<OutputChunkView[]>;
  stats(days: number): Promise<StoreStats>;
}
