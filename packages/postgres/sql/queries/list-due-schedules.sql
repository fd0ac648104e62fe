-- $1 horizon ms  $2 limit
select id, (extract(epoch from next_at - now()) * 1000)::float8 as in_ms
from schedule where next_at < now() + $1::float8 * interval '1 ms'
order by next_at limit $2
