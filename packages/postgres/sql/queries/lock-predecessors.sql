-- Tasks that others are to wait for, kept where they are until this transaction ends. One that is on
-- the move right now has no status. $1 tasks
with asked as (
  select id, lane_id, priority, owner from task where id = any ($1::uuid[])
), in_ready as (
  select ready.task_id from ready join asked
    on ready.lane_id = asked.lane_id and ready.priority = asked.priority
    and ready.task_id = asked.id
  for share of ready skip locked
), in_scheduled as (
  select task_id from scheduled where task_id = any ($1) for share skip locked
), in_running as (
  select task_id from running where task_id = any ($1) for share skip locked
), open as (
  select task_id from in_ready
  union all select task_id from in_scheduled
  union all select task_id from in_running
)
select asked.id as task_id, asked.owner,
  case when asked.id in (select task_id from open) then 'open' else finished.status::text end as status
from asked left join finished on finished.task_id = asked.id
