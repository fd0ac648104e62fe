-- Cancels tasks that have not finished. $1 tasks  $2 owner or null for all  $3 tally slot
with asked as (
  select id, lane_id, priority, grace_ms from task
  where id = any ($1::uuid[]) and ($2::uuid is null or owner = $2)
), from_ready as (
  delete from ready using asked
  where ready.lane_id = asked.lane_id and ready.priority = asked.priority
    and ready.task_id = asked.id
  returning ready.task_id, asked.lane_id, ready.attempt
), from_scheduled as (
  delete from scheduled using asked
  where scheduled.task_id = asked.id
  returning scheduled.task_id, asked.lane_id, scheduled.attempt
), waiting as (
  select * from from_ready union all select * from from_scheduled
), ended as (
  insert into finished (task_id, status, lane_id, attempt, error_code, error_message)
  select task_id, 'cancelled', lane_id, attempt, 'task.cancelled', 'It was cancelled while it waited.'
  from waiting
), told as (
  update running set
    stop_reason = coalesce(stop_reason, 'cancel'),
    stop_requested_at = coalesce(stop_requested_at, now()),
    changed_at = now()
  from asked
  where running.task_id = asked.id
  returning running.task_id, running.attempt, running.worker_id, asked.grace_ms
), counted as (
  insert into tally (day, lane_id, event, slot, count)
  select current_date, lane_id, 'cancelled', $3::integer, count(*) from waiting group by lane_id
  on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
)
select task_id, null::uuid as worker_id, attempt, null::integer as grace_ms,
  null::integer as released_lane, null::text as released_status
from waiting
union all
select task_id, worker_id, attempt, grace_ms, null, null from told
union all
select released_id, null, null, null, released_lane, released_status
from follow_ends(
  array(select task_id from waiting), array(select 'cancelled' from waiting), $3
)
