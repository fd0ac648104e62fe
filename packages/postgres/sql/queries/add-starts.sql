-- $1 lane  $2 count: arrays  $3 tally slot
insert into tally (day, lane_id, event, slot, count)
select current_date, lane_id, 'started', $3::integer, count
from unnest($1::integer[], $2::bigint[]) as given (lane_id, count)
on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
