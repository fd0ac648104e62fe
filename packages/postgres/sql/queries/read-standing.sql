-- Where a pending task stands: what goes before it, and what its queue has used of its limits.
-- $1 task  $2 its key or empty  $3 bound of the count
select lane.runtime, queue.controlled, coalesce(queue.paused, false) as paused, queue.concurrency,
  queue.key_concurrency, queue.rate_count, queue.rate_per_ms::float8, queue.key_rate_count,
  queue.key_rate_per_ms::float8,
  (
    select count(*)::integer from (
      select from ready as other
      where other.lane_id = ready.lane_id and other.key is not distinct from ready.key
        and other.priority >= ready.priority
        and (other.priority > ready.priority or other.task_id < ready.task_id)
      limit $3
    ) as bounded
  ) as ahead,
  used.queue_running, used.key_running,
  coalesce(whole.started, 0) as queue_started, whole.free_in_ms as queue_free_in_ms,
  coalesce(own.started, 0) as key_started, own.free_in_ms as key_free_in_ms
from task
join lane on lane.id = task.lane_id
join ready on ready.lane_id = task.lane_id and ready.priority = task.priority
  and ready.task_id = task.id
left join queue on queue.name = lane.queue
cross join lateral (
  select count(*)::integer as queue_running,
    (count(*) filter (where running.key = $2))::integer as key_running
  from lane as sibling
  join running on running.lane_id = sibling.id and running.limited
  where sibling.queue = lane.queue
) as used
left join lateral rate_state(lane.queue, '', queue.rate_count, queue.rate_per_ms) as whole
  on queue.rate_count is not null
left join lateral rate_state(lane.queue, $2, queue.key_rate_count, queue.key_rate_per_ms) as own
  on queue.key_rate_count is not null and $2 <> ''
where task.id = $1
