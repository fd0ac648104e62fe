-- Ends attempts: the task finishes, or waits for another attempt.
-- $1 task  $2 attempt  $3 worker  $4 outcome  $5 final status or null  $6 delay ms  $7 failures
-- $8 lost  $9 result  $10 error code  $11 error message  $12 stop reason  $13 stop requested ago ms
-- $14 stop confirmed ago ms  $15 late result  $16 delay without a hold, or null: arrays of equal length
-- $17 tally slot
-- Only who holds the attempt under that number can end it, and a result only before the deadline.
-- An expiry that nobody has confirmed may be news from a server that the worker has left: it must know
-- of a deadline that was moved since, and of a cancel.
with given as (
  select * from unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::attempt_outcome[], $5::final_status[],
    $6::integer[], $7::integer[], $8::integer[], $9::text[], $10::text[], $11::text[],
    $12::stop_reason[], $13::integer[], $14::integer[], $15::boolean[], $16::integer[]
  ) as given (
    task_id, attempt, worker_id, outcome, status, delay_ms, failures, lost, result, error_code,
    error_message, stop_reason, stop_requested_ago_ms, stop_confirmed_ago_ms, late,
    free_in_ms
  )
), ended as (
  delete from running using given
  where running.task_id = given.task_id
    and running.attempt = given.attempt
    and running.worker_id = given.worker_id
    and (running.deadline_at >= now() or given.outcome not in ('completed', 'failed'))
    and (
      running.changed_at is null
      or given.outcome <> 'expired'
      or given.stop_confirmed_ago_ms is not null
      or running.deadline_at <= now() and running.stop_reason is distinct from 'cancel'
    )
  returning running.task_id, running.attempt, running.worker_id, running.lane_id,
    running.started_at, running.progress, given.outcome, given.status, given.delay_ms,
    given.free_in_ms, given.failures, given.lost, given.result, given.error_code, given.error_message,
    coalesce(running.stop_reason, given.stop_reason) as stop_reason,
    coalesce(running.stop_requested_at, now() - given.stop_requested_ago_ms * interval '1 ms')
      as stop_requested_at,
    now() - given.stop_confirmed_ago_ms * interval '1 ms' as stop_confirmed_at,
    case when given.late then now() end as late_result_refused_at
), final as (
  insert into finished (
    task_id, status, lane_id, attempt, worker_id, started_at, progress, result, error_code,
    error_message, stop_reason, stop_requested_at, stop_confirmed_at, late_result_refused_at
  )
  select task_id, status, lane_id, attempt, worker_id, started_at, progress, result, error_code,
    error_message, stop_reason, stop_requested_at, stop_confirmed_at, late_result_refused_at
  from ended where status is not null
), past as (
  insert into attempt (
    task_id, number, outcome, worker_id, started_at, finished_at, result, error_code,
    error_message, stop_reason, stop_requested_at, stop_confirmed_at, late_result_refused_at
  )
  select task_id, attempt, outcome, worker_id, started_at, now(), result, error_code,
    error_message, stop_reason, stop_requested_at, stop_confirmed_at, late_result_refused_at
  from ended where status is null
), delayed as (
  insert into scheduled (task_id, due_at, attempt, failures, lost, held_until, free_at)
  select task_id, now() + delay_ms * interval '1 ms', attempt, failures, lost,
    case when free_in_ms is not null then now() + delay_ms * interval '1 ms' end,
    now() + free_in_ms * interval '1 ms'
  from ended where status is null and delay_ms > 0
), queued as (
  insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
  select ended.lane_id, task.priority, ended.task_id, ended.attempt, ended.failures, ended.lost,
    task.concurrency_key
  from ended join task on task.id = ended.task_id
  where ended.status is null and ended.delay_ms = 0
), counted as (
  insert into tally (day, lane_id, event, slot, count)
  select current_date, lane_id, status::text, $17::integer, count(*)
  from ended where status is not null group by lane_id, status
  on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
)
select task_id, null::integer as released_lane, null::text as released_status from ended
union all
select * from follow_ends(
  array(select task_id from ended where status is not null order by task_id),
  array(select status::text from ended where status is not null order by task_id),
  $17
)
