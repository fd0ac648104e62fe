-- What was counted today and yesterday, by queue; one row without a queue when there is nothing.
select (extract(epoch from now()) * 1000)::float8 as at_ms, counted.*
from (select) as moment
left join (
  select lane.queue, tally.day::text as day,
    coalesce(sum(count) filter (where event = 'submitted'), 0)::float8 as submitted,
    coalesce(sum(count) filter (where event = 'started'), 0)::float8 as started,
    coalesce(sum(count) filter (where event not in ('submitted', 'started')), 0)::float8 as finished
  from tally join lane on lane.id = tally.lane_id
  where tally.day >= current_date - 1
  group by lane.queue, tally.day
) as counted on true
