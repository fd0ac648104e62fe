-- Sends finished tasks back to pending; the attempt that ended them becomes history. While the last
-- attempt may still live, they are held.
-- $1 tasks  $2 owner or null for all  $3 ms after which an attempt without a confirmed death is dead
with asked as (
  select id, lane_id, priority, total_ttl_ms, concurrency_key from task
  where id = any ($1::uuid[]) and ($2::uuid is null or owner = $2)
), reopened as (
  delete from finished using asked where finished.task_id = asked.id
  returning finished.*, asked.priority, asked.total_ttl_ms, asked.concurrency_key
), past as (
  insert into attempt (
    task_id, number, outcome, worker_id, started_at, finished_at, result, error_code,
    error_message, stop_reason, stop_requested_at, stop_confirmed_at, late_result_refused_at
  )
  select task_id, attempt, status::text::attempt_outcome, worker_id, started_at, finished_at,
    result, error_code, error_message, stop_reason, stop_requested_at, stop_confirmed_at,
    late_result_refused_at
  from reopened where worker_id is not null
), renewed as (
  update task set total_deadline_at = now() + reopened.total_ttl_ms * interval '1 ms'
  from reopened where task.id = reopened.task_id and reopened.total_ttl_ms is not null
), limited as (
  insert into wait_limit (task_id, kind, due_at)
  select task_id, 'total', now() + total_ttl_ms * interval '1 ms'
  from reopened where total_ttl_ms is not null
  on conflict (task_id, kind) do update set due_at = excluded.due_at
), unlimited as (
  delete from wait_limit using reopened
  where wait_limit.task_id = reopened.task_id and wait_limit.kind = 'queue'
), unconfirmed as (
  select task_id, worker_id, finished_at from reopened
  where worker_id is not null and status in ('expired', 'cancelled') and stop_confirmed_at is null
  union all
  -- It ended once more while it was held.
  select attempt.task_id, attempt.worker_id, attempt.finished_at
  from reopened
  join attempt on attempt.task_id = reopened.task_id and attempt.number = reopened.attempt
  where reopened.worker_id is null and attempt.outcome in ('expired', 'cancelled')
    and attempt.stop_confirmed_at is null
), held as (
  select task_id, finished_at + $3::float8 * interval '1 ms' as until
  from unconfirmed
  where finished_at + $3::float8 * interval '1 ms' > now() and not exists (
    select from worker where worker.id = unconfirmed.worker_id and worker.state = 'lost'
  )
), waiting as (
  insert into scheduled (task_id, due_at, attempt, failures, lost, held_until, free_at)
  select task_id, held.until, attempt, 0, 0, held.until, now() from reopened join held using (task_id)
), queued as (
  insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
  select lane_id, priority, task_id, attempt, 0, 0, concurrency_key
  from reopened where task_id not in (select task_id from held)
)
select task_id from reopened
