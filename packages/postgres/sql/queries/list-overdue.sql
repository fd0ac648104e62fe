-- Attempts that should have ended. $1 patience ms  $2 limit
select running.task_id, running.worker_id, running.lane_id, running.attempt, running.failures,
  running.lost, task.grace_ms, task.retry,
  (extract(epoch from running.deadline_at - now()) * 1000)::float8 as left_ms,
  (extract(epoch from task.total_deadline_at - now()) * 1000)::float8 as total_left_ms,
  running.stop_reason is not distinct from 'cancel' as cancel_requested
from (
  select * from running where deadline_at < now() - $1::float8 * interval '1 ms'
  order by deadline_at limit $2
) as running
join task on task.id = running.task_id
