-- For predecessors that had ended before. $1 tasks  $2 statuses: arrays  $3 tally slot
select released_id as task_id, released_lane, released_status
from release_dependents($1::uuid[], $2::text[], $3::integer)
