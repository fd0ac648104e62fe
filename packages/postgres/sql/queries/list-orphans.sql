-- Attempts of workers that are gone. $1 limit
select running.task_id, running.worker_id, running.lane_id, running.attempt, running.failures,
  running.lost, task.grace_ms, task.retry,
  (extract(epoch from running.deadline_at - now()) * 1000)::float8 as left_ms,
  (extract(epoch from task.total_deadline_at - now()) * 1000)::float8 as total_left_ms,
  running.stop_reason is not distinct from 'cancel' as cancel_requested
from worker
join running on running.worker_id = worker.id
join task on task.id = running.task_id
where worker.state in ('lost', 'offline')
limit $1
