-- Puts back attempts that never started. Their numbers are not used again: a number that could come
-- twice would fence nothing.
-- An earlier connection of the worker knows nothing of what it runs now, and gives back nothing.
-- $1 worker  $2 task  $3 attempt: arrays  $4 session
with gone as (
  delete from running using unnest($2::uuid[], $3::integer[]) as given (task_id, attempt)
  where running.task_id = given.task_id
    and running.attempt = given.attempt
    and running.worker_id = $1
    and running.stop_requested_at is null
    and exists (select from worker where worker.id = $1 and worker.session = $4)
  returning running.task_id, running.lane_id, running.attempt, running.failures, running.lost
)
insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
select gone.lane_id, task.priority, gone.task_id, gone.attempt, gone.failures, gone.lost,
  task.concurrency_key
from gone join task on task.id = gone.task_id
returning task_id
