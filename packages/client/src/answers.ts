import type { Rates, TaskFilter, TaskStatus, TextOrBytes } from '@mayfly/contracts';

/** What a task has printed so far, each stream for itself. */
export interface TaskOutput {
  id: string;
  status: TaskStatus;
  attempt: number;
  stdout: TextOrBytes;
  stderr: TextOrBytes;
  /** Lines that a handler has logged. */
  log: TextOrBytes;
}

/** What `cancelMany` and `retryMany` did. */
export interface ActionCount {
  /** Tasks that the selection found. */
  matched: number;
  /** Tasks that were changed. */
  changed: number;
  /** More tasks match than one call handles; call again. */
  more: boolean;
}

/** Figures of the server. */
export interface Stats {
  /** Those that have ended, and `submitted`, are counted over the last `days`. */
  tasks: Record<TaskStatus | 'submitted', number>;
  days: number;
  /** A second, over the last minute; null in the first seconds of a server. */
  rates: Rates | null;
  waiting: { queue: string; type: string; pending: number }[];
  workers: { online: number; concurrency: number; running: number };
}

export interface ServerInfo {
  version: string;
  /** Where workers reach gRPC; null on a server without it. */
  grpcPort: number | null;
}

export interface Health {
  status: 'ok';
}

/** A filter with the size and the place of a page. */
export interface ListQuery extends TaskFilter {
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}
