-- Ends attempts that returned a result: what `settle` does, for the end that most attempts come to.
-- $1 task  $2 attempt  $3 worker  $4 result: arrays of equal length
-- $5 tally slot
-- Only who holds the attempt under that number can end it, and only before the deadline.
with given as (
  select * from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[])
    as given (task_id, attempt, worker_id, result)
), ended as (
  delete from running using given
  where running.task_id = given.task_id
    and running.attempt = given.attempt
    and running.worker_id = given.worker_id
    and running.deadline_at >= now()
  returning running.task_id, running.attempt, running.worker_id, running.lane_id,
    running.started_at, running.progress, running.stop_reason, running.stop_requested_at,
    given.result
), final as (
  insert into finished (
    task_id, status, lane_id, attempt, worker_id, started_at, progress, result, stop_reason,
    stop_requested_at
  )
  select task_id, 'completed', lane_id, attempt, worker_id, started_at, progress, result,
    stop_reason, stop_requested_at
  from ended
), counted as (
  insert into tally (day, lane_id, event, slot, count)
  select current_date, lane_id, 'completed', $5::integer, count(*) from ended group by lane_id
  on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
)
-- All that ended, or null when all of the given did: then there is nothing to compare.
select case when count(*) < cardinality($1) then coalesce(array_agg(task_id), '{}') end as ended_ids,
  null::uuid as task_id, null::integer as released_lane, null::text as released_status
from ended
union all
select null, follow_ends.* from follow_ends(
  array(select task_id from ended),
  array_fill('completed'::text, array[(select count(*) from ended)::integer]),
  $5
)
