import { z } from 'zod';

/** Where a task stands. `core/task/state-machine.ts` owns the moves between these. */
export const TASK_STATUSES = [
  /** Waits for its time, or for the back-off after an attempt. */
  'scheduled',
  /** Waits for a free worker. */
  'pending',
  /** One worker holds it. */
  'running',
  /** An attempt did its work. */
  'completed',
  /** The last attempt could not do its work. */
  'failed',
  /** A lifetime ended first. */
  'expired',
  /** Somebody cancelled it. */
  'cancelled',
] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

export const FINAL_STATUSES = ['completed', 'failed', 'expired', 'cancelled'] as const;

export type FinalStatus = (typeof FINAL_STATUSES)[number];

export function isFinal(status: TaskStatus): status is FinalStatus {
  return (FINAL_STATUSES as readonly string[]).includes(status);
}

/** How one attempt ended. `lost`: its worker vanished; that does not count as a failure. */
export const ATTEMPT_OUTCOMES = ['completed', 'failed', 'expired', 'cancelled', 'lost'] as const;

export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Why an attempt was told to stop. */
export const STOP_REASONS = ['ttl', 'cancel', 'drain', 'lease-lost'] as const;

export type StopReason = (typeof STOP_REASONS)[number];

export const taskStatusSchema = z.enum(TASK_STATUSES);
