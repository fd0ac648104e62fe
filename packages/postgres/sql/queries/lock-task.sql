-- A task and the place that holds it, locked against claims. $1 task  $2 owner or null for all
with asked as (
  select * from task where id = $1 and ($2::uuid is null or owner = $2) for update
), in_ready as (
  select ready.task_id from ready join asked
    on ready.lane_id = asked.lane_id and ready.priority = asked.priority
    and ready.task_id = asked.id
  for update of ready
), in_scheduled as (
  select task_id from scheduled where task_id = $1 for update
), in_running as (
  select task_id from running where task_id = $1 for update
)
select asked.lane_id, asked.priority,
  case
    when exists (select from in_ready) then 'pending'
    when exists (select from in_scheduled) then 'scheduled'
    when exists (select from in_running) then 'running'
    else (select status::text from finished where task_id = $1)
  end as status
from asked
