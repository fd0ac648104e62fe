-- What is due within a horizon. $1 horizon ms  $2 limit
select task_id, (extract(epoch from due_at - now()) * 1000)::float8 as in_ms
from scheduled where due_at < now() + $1::float8 * interval '1 ms'
order by due_at limit $2
