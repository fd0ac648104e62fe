import type {
  AfterPolicy,
  Attempt,
  FinalStatus,
  JsonValue,
  QueueControls,
  RateLimit,
  RetryPolicy,
  StopReason,
  Task,
  TaskError,
  TaskStatus,
} from '@mayfly/contracts';
import { NO_RETRY } from '@mayfly/contracts';
import type { Claim, HeldAttempt, SessionRef } from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Row } from '../sql/database.ts';

function time(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}

function json(value: unknown): JsonValue {
  return typeof value === 'string' ? (JSON.parse(value) as JsonValue) : null;
}

function number(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function error(row: Row): TaskError | null {
  if (typeof row['error_code'] !== 'string') return null;
  return { code: row['error_code'], message: (row['error_message'] as string | null) ?? '' };
}

/** From a row of `task_view`. */
export function toTask(row: Row): Task {
  return {
    id: row['id'] as string,
    type: row['type'] as string,
    description: row['description'] as string | null,
    queue: row['queue'] as string,
    priority: row['priority'] as number,
    status: row['status'] as TaskStatus,
    params: json(row['params']),
    ttlMs: row['ttl_ms'] as number,
    queueTtlMs: number(row['queue_ttl_ms']),
    totalTtlMs: number(row['total_ttl_ms']),
    graceMs: row['grace_ms'] as number,
    retry: (row['retry'] as RetryPolicy | null) ?? NO_RETRY,
    attempt: row['attempt'] as number,
    owner: row['owner'] as string,
    labels: (row['labels'] as Record<string, string> | null) ?? {},
    concurrencyKey: row['concurrency_key'] as string | null,
    progress: number(row['progress']),
    createdAt: (row['created_at'] as Date).toISOString(),
    runAt: time(row['run_at']),
    startedAt: time(row['started_at']),
    deadlineAt: time(row['deadline_at']),
    finishedAt: time(row['finished_at']),
    worker: row['worker'] as string | null,
    result: json(row['result']),
    error: error(row),
    after: (row['after'] as string[] | null) ?? [],
    afterPolicy: row['after_policy'] as AfterPolicy | null,
    webhook:
      typeof row['webhook_url'] === 'string'
        ? { url: row['webhook_url'], events: row['webhook_events'] as FinalStatus[] }
        : null,
  };
}

/** From a row of `attempt_view` with the name of its worker. */
export function toAttempt(row: Row): Attempt {
  const requestedAt = time(row['stop_requested_at']);
  const reason = row['stop_reason'] as StopReason | null;
  return {
    number: row['number'] as number,
    worker: row['worker'] as string | null,
    startedAt: (row['started_at'] as Date).toISOString(),
    finishedAt: time(row['finished_at']),
    outcome: row['outcome'] as Attempt['outcome'],
    error: error(row),
    stop:
      reason && requestedAt
        ? { reason, requestedAt, confirmedAt: time(row['stop_confirmed_at']) }
        : null,
    lateResultRefusedAt: time(row['late_result_refused_at']),
  };
}

/** From rows of `claim` or `claim-in-turn`; those without a task name workers that have moved. */
export function toClaim(rows: Row[]): Claim {
  const taken = rows.filter((row) => row['task_id'] !== null);
  const moved = rows.filter((row) => row['task_id'] === null);
  return {
    attempts: taken.map((row) => ({ ...toHeldAttempt(row), paramsJson: row['params'] as string })),
    moved: moved.map((row) => row['worker_id'] as string),
  };
}

/** Parameters of `claim` and `claim-in-turn`. */
export function sessionColumns(sessions: SessionRef[]): unknown[][] {
  return columns<SessionRef>(
    sessions,
    ({ workerId }) => workerId,
    ({ session }) => session,
  );
}

/** From a row with the columns of the table `queue`. */
export function toControls(row: Row): QueueControls {
  return {
    paused: row['paused'] as boolean,
    concurrency: row['concurrency'] as number | null,
    rateLimit: rateLimit(row['rate_count'], row['rate_per_ms']),
    keyConcurrency: row['key_concurrency'] as number | null,
    keyRateLimit: rateLimit(row['key_rate_count'], row['key_rate_per_ms']),
  };
}

function rateLimit(count: unknown, perMs: unknown): RateLimit | null {
  return count === null ? null : { count: Number(count), perMs: Number(perMs) };
}

/** From a row of `claim`, `list-held` or `list-overdue`. */
export function toHeldAttempt(row: Row): HeldAttempt {
  return {
    taskId: row['task_id'] as string,
    attempt: row['attempt'] as number,
    workerId: row['worker_id'] as string,
    laneId: row['lane_id'] as number,
    failures: row['failures'] as number,
    lost: row['lost'] as number,
    retry: row['retry'] as RetryPolicy | null,
    graceMs: row['grace_ms'] as number,
    leftMs: row['left_ms'] as number,
    totalLeftMs: row['total_left_ms'] as number | null,
    cancelRequested: row['cancel_requested'] === true,
  };
}
