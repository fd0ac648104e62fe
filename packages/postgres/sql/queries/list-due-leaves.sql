-- Leaves whose day ended longer ago than their retention. A plain leaf, and one of a class that is
-- not known, has the longest retention that there is. An Idempotency-Key, which is kept for a day,
-- does not outlive its tasks. $1 default retention ms
with kept (class, ms) as (
  select 0, $1::bigint
  union all
  select class, retention_ms from retention_class
)
select leaf.name, due.ms::float8 as retention_ms
from leaf
left join kept on kept.class = leaf.class
cross join lateral (select coalesce(kept.ms, (select max(ms) from kept)) as ms) as due
cross join lateral (select (leaf.day + 1)::timestamp at time zone 'UTC' as ended_at) as day
where day.ended_at + due.ms * interval '1 ms' < now()
  and not exists (select from idempotency_key where created_at < day.ended_at)
order by leaf.day, leaf.name
