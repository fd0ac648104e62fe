-- Moves the deadline of a running task to its new ttl. $1 task
update running set
  deadline_at = least(
    running.started_at + task.ttl_ms * interval '1 ms', task.total_deadline_at),
  changed_at = now()
from task
where running.task_id = $1 and task.id = $1
returning running.task_id, running.attempt, running.worker_id, task.grace_ms,
  (extract(epoch from running.deadline_at - now()) * 1000)::float8 as left_ms
