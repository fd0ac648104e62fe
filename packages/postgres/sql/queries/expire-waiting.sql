-- Expires tasks that still wait past a limit: queueTtlMs before the first start, totalTtlMs always.
-- A running task ends by its own deadline, which totalTtlMs has shortened.
-- $1 tasks  $2 limits: arrays  $3 tally slot
with due as (
  delete from wait_limit
  using unnest($1::uuid[], $2::wait_limit_kind[]) as given (task_id, kind)
  where wait_limit.task_id = given.task_id and wait_limit.kind = given.kind
    and wait_limit.due_at <= now()
  returning wait_limit.task_id, wait_limit.kind
), asked as (
  select task.id, task.lane_id, task.priority, max(due.kind) as kind,
    exists (select from attempt where attempt.task_id = task.id) as started
  from due join task on task.id = due.task_id
  group by task.id, task.lane_id, task.priority
), from_ready as (
  delete from ready using asked
  where ready.lane_id = asked.lane_id and ready.priority = asked.priority
    and ready.task_id = asked.id and (asked.kind = 'total' or not asked.started)
  returning ready.task_id, asked.lane_id, ready.attempt, asked.kind
), from_scheduled as (
  delete from scheduled using asked
  where scheduled.task_id = asked.id and (asked.kind = 'total' or not asked.started)
  returning scheduled.task_id, asked.lane_id, scheduled.attempt, asked.kind
), waiting as (
  select * from from_ready union all select * from from_scheduled
), ended as (
  insert into finished (task_id, status, lane_id, attempt, error_code, error_message)
  select task_id, 'expired', lane_id, attempt,
    case kind when 'queue' then 'task.queue_ttl_exceeded' else 'task.total_ttl_exceeded' end,
    case kind when 'queue' then 'It waited longer than its queueTtlMs for its first start.'
      else 'It lived longer than its totalTtlMs.' end
  from waiting
), counted as (
  insert into tally (day, lane_id, event, slot, count)
  select current_date, lane_id, 'expired', $3::integer, count(*) from waiting group by lane_id
  on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
)
select task_id, null::integer as released_lane, null::text as released_status from waiting
union all
select * from follow_ends(
  array(select task_id from waiting), array(select 'expired' from waiting), $3
)
