-- Stops and moved deadlines that workers may not know of yet. $1 workers
select running.task_id, running.attempt, running.worker_id, running.stop_reason, task.grace_ms,
  (extract(epoch from running.deadline_at - now()) * 1000)::float8 as left_ms
from running join task on task.id = running.task_id
where running.changed_at is not null and running.worker_id = any ($1::uuid[])
