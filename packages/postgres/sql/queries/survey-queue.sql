-- What runs in a controlled queue, and whose turn it is: one row a key, in the order of their turns;
-- the empty key stands for the tasks without one. Under the lock of the queue.
-- $1 queue  $2 lanes that are asked for  $3 most keys to look at
with recursive control as materialized (
  select * from queue where name = $1
), busy as materialized (
  select coalesce(running.key, '') as key, count(*)::integer as running
  from lane join running on running.lane_id = lane.id and running.limited
  where lane.queue = $1
  group by running.key
), wanted as materialized (
  select array_agg(id) filter (where keyed) as keyed, array_agg(id) filter (where not keyed) as plain
  from lane where id = any ($2::integer[])
), turn (step, round, key) as (
  -- From the key after the last one to the end, then from the beginning up to the last one.
  select 0, 0, turn_key from control
  union all
  select step + 1, case when next.key is null then round + 1 else round end, coalesce(next.key, '')
  from turn
  cross join control
  cross join lateral (select next_key((select keyed from wanted), turn.key) as key) as next
  where step < $3 and (round = 0 or (round = 1 and turn.key < control.turn_key))
), waiting as (
  select turn.step, turn.key from turn cross join control
  where turn.step > 0
    and (turn.round = 0 or (turn.round = 1 and turn.key <= control.turn_key))
    and (turn.key <> '' or exists (
      select from unnest((select plain from wanted)) as lane (id)
      join ready on ready.lane_id = lane.id
    ))
)
select waiting.key, coalesce(busy.running, 0) as running, limits.started, limits.free_in_ms,
  (select coalesce(sum(running), 0)::integer from busy) as queue_running,
  whole.started as queue_started, whole.free_in_ms as queue_free_in_ms,
  (select max(step) >= $3 from turn) as cut_short
from control
left join lateral rate_state($1, '', control.rate_count, control.rate_per_ms) as whole
  on control.rate_count is not null
left join waiting on true
left join busy on busy.key = waiting.key
left join lateral rate_state($1, waiting.key, control.key_rate_count, control.key_rate_per_ms)
  as limits on control.key_rate_count is not null and waiting.key <> ''
order by waiting.step
