-- Returns when nobody moves the task any more. $1 task
with asked as (
  select id, lane_id, priority from task where id = $1
), in_ready as (
  select ready.task_id from ready join asked
    on ready.lane_id = asked.lane_id and ready.priority = asked.priority
    and ready.task_id = asked.id
  for share of ready
), in_scheduled as (
  select task_id from scheduled where task_id = $1 for share
), in_running as (
  select task_id from running where task_id = $1 for share
)
select task_id from in_ready
union all select task_id from in_scheduled
union all select task_id from in_running
