import type { TaskStatus } from '@mayfly/contracts';

/**
 * The life of a task. In the store, the table that holds a task is its status, so every move below
 * is one SQL statement that deletes from one table and inserts into another: a task is always in
 * exactly one place.
 *
 *                      wake                   claim
 *      ┌─────────────┐      ┌─────────────┐          ┌─────────────┐
 *  ───▶│  scheduled  │─────▶│   pending   │─────────▶│   running   │
 *      └─────────────┘      └─────────────┘          └─────────────┘
 *         ▲       │            ▲      │ given back, lost    │ report, TTL, cancel
 *         │       │            └──────┼─────────────────────┤
 *         └───────┼───────────────────┼─── retry, back-off ─┤
 *                 │ cancel, wait TTL  │                     ▼
 *                 │                   │      ┌──────────────────────────────┐
 *                 └───────────────────┴─────▶│ completed · failed · expired │
 *                                            │ cancelled                    │
 *                            manual retry ◀──└──────────────────────────────┘
 *
 * A manual retry goes to `scheduled` while the attempt before it may still live.
 */
const MOVES: Record<TaskStatus, readonly TaskStatus[]> = {
  scheduled: ['pending', 'scheduled', 'expired', 'cancelled'],
  pending: ['running', 'scheduled', 'expired', 'cancelled'],
  running: ['completed', 'failed', 'expired', 'cancelled', 'scheduled', 'pending'],
  completed: ['pending', 'scheduled'],
  failed: ['pending', 'scheduled'],
  expired: ['pending', 'scheduled'],
  cancelled: ['pending', 'scheduled'],
};

export function canMove(from: TaskStatus, to: TaskStatus): boolean {
  return MOVES[from].includes(to);
}

/** Throws when the move is not in the chart: that is a defect of Mayfly, never of its caller. */
export function assertMove(from: TaskStatus, to: TaskStatus): void {
  if (!canMove(from, to)) throw new Error(`a task cannot go from ${from} to ${to}`);
}
