import type { ConnectionSettings } from '@mayfly/postgres';

/** A task system that the loads can be run on. All contenders use the same PostgreSQL server. */
export interface Contender {
  readonly name: string;
  /** What was set up, so that a reader can judge it. */
  readonly settings: string;
  start(database: ConnectionSettings): Promise<void>;
  /** Stores one no-op task durably. */
  submitOne(): Promise<void>;
  /** Stores `count` no-op tasks durably, in one call. */
  submitBatch(count: number): Promise<void>;
  /** Works until `count` tasks are done and recorded. */
  drain(count: number): Promise<void>;
  /** Submits one task to idle workers. @returns milliseconds until its handler starts */
  submitToStart(): Promise<number>;
  stop(): Promise<void>;
}
