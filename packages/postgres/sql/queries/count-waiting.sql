-- Waiting tasks by lane, each count stopping at a bound. $1 bound
select lane.queue, lane.type, sum(counted.pending)::integer as pending
from lane
cross join lateral (
  select count(*) as pending
  from (select 1 from ready where ready.lane_id = lane.id limit $1) as bounded
) as counted
where counted.pending > 0
group by lane.queue, lane.type
order by lane.queue, lane.type
