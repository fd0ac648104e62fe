import type { StopReason } from '@mayfly/contracts';
import type { AttemptRef } from '../task/attempt.ts';

export interface DueTask {
  taskId: string;
  /** Negative when it is due already. */
  inMs: number;
}

export type WaitLimit = 'queue' | 'total';

export interface DueLimit extends DueTask {
  limit: WaitLimit;
}

export interface PendingStop extends AttemptRef {
  workerId: string;
  /** Null: the deadline was moved, nothing is to be stopped. */
  reason: StopReason | null;
  graceMs: number;
  leftMs: number;
}

/** Leadership lasts as long as the session that holds the lock. */
export interface Leadership {
  /** Runs once when the session is gone, whatever the reason. */
  onLost(callback: () => void): void;
  /** Shows that the leader lives. Another process ends the leadership of one that stays silent. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

export interface KeeperStore {
  /**
   * Ends the leadership of one that has not confirmed for longer than `silenceMs`.
   *
   * @returns null while another process leads
   */
  tryLead(silenceMs: number): Promise<Leadership | null>;
  listScheduled(horizonMs: number, limit: number): Promise<DueTask[]>;
  /** Scheduled to pending, for those that are due by the database clock. @returns their ids */
  wake(taskIds: string[]): Promise<string[]>;
  listWaitLimits(horizonMs: number, limit: number): Promise<DueLimit[]>;
  /** Expires those that still wait past their limit. @returns their ids */
  expireWaiting(limits: { taskId: string; limit: WaitLimit }[]): Promise<string[]>;
  /** Stops and moved deadlines that workers may not know of yet. */
  listPendingStops(workerIds: string[]): Promise<PendingStop[]>;
  /** Partitions for the coming days, and housekeeping of what has no further use. */
  tidy(): Promise<void>;
}
