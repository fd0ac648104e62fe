-- $1 horizon ms  $2 limit
select task_id, kind, (extract(epoch from due_at - now()) * 1000)::float8 as in_ms
from wait_limit where due_at < now() + $1::float8 * interval '1 ms'
order by due_at limit $2
