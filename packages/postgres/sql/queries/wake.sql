-- Scheduled to pending, for those that are due. $1 tasks
with due as (
  delete from scheduled where task_id = any ($1::uuid[]) and due_at <= now()
  returning task_id, attempt, failures, lost
)
insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
select task.lane_id, task.priority, due.task_id, due.attempt, due.failures, due.lost,
  task.concurrency_key
from due join task on task.id = due.task_id
returning task_id
