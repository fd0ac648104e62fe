-- Every queue that has a lane or controls. $1 name or null for all  $2 bound of the counts
-- $3 days back, today included  $4 highest priority
with known as (
  select queue as name from lane union select name from queue
), waiting as (
  select lane.id, lane.queue as name, (
    select count(*) from (select from ready where ready.lane_id = lane.id limit $2) as bounded
  )::integer as pending
  from lane where $1::text is null or lane.queue = $1
), counted as (
  select name, sum(pending)::integer as pending, min(oldest.since) as oldest
  from waiting
  left join lateral (
    -- The oldest of each priority is the first one in the index.
    select min(greatest(task.created_at, task.run_at)) as since
    from generate_series(-$4::integer, $4) as priority
    cross join lateral (
      select task_id from ready
      where ready.lane_id = waiting.id and ready.priority = priority.priority
      order by task_id limit 1
    ) as head
    join task on task.id = head.task_id
    where waiting.pending > 0
  ) as oldest on true
  group by name
), placed as (
  select lane.queue as name, count(*)::integer as running
  from running join lane on lane.id = running.lane_id
  where $1::text is null or lane.queue = $1
  group by lane.queue
), told as (
  select name, jsonb_object_agg(event, count) as totals
  from (
    select lane.queue as name, tally.event, sum(tally.count) as count
    from tally join lane on lane.id = tally.lane_id
    where tally.day > current_date - $3::integer and ($1::text is null or lane.queue = $1)
    group by lane.queue, tally.event
  ) as summed
  group by name
)
select known.name, coalesce(counted.pending, 0) as pending, coalesce(placed.running, 0) as running,
  (extract(epoch from now() - counted.oldest) * 1000)::float8 as oldest_wait_ms,
  coalesce(told.totals, '{}') as totals,
  coalesce(queue.paused, false) as paused, queue.concurrency, queue.key_concurrency,
  queue.rate_count, queue.rate_per_ms::float8, queue.key_rate_count, queue.key_rate_per_ms::float8,
  retention_class.retention_ms::float8
from known
left join counted on counted.name = known.name
left join placed on placed.name = known.name
left join told on told.name = known.name
left join queue on queue.name = known.name
left join retention_class on retention_class.class = queue.retention_class
where $1::text is null or known.name = $1
order by known.name
