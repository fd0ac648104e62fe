/** Names of contenders, as tables and files show them. */
export type ContenderName = 'mayfly' | 'mayfly-apart' | 'graphile-worker' | 'pg-boss' | 'bullmq';

/** A task system that loads can be run on. Its one task does nothing, and has a number as payload. */
export interface Contender {
  /** Processes beside this one and its store, by what they are. */
  readonly processes: Map<string, number>;
  /** Makes it ready to take submissions. */
  open(): Promise<void>;
  /** Stores one task, as safely as this contender can. */
  submitOne(number?: number): Promise<void>;
  /** Stores one task over bare HTTP, where there is HTTP at all. */
  submitBare?(): Promise<void>;
  /** Stores many, in calls as large as this contender advises. */
  submitBatch(count: number): Promise<void>;
  /** Starts the workers. Resolves when they take tasks. */
  work(): Promise<void>;
  /** Resolves when this many tasks have been handed to their handlers since `work`. */
  untilStarted(count: number): Promise<void>;
  /** Resolves when so many tasks are done, and recorded as done, since `open`. */
  untilDone(count: number): Promise<void>;
  /** Submits one task to the workers. @returns milliseconds until its handler starts */
  submitToStart(): Promise<number>;
  close(): Promise<void>;
}
