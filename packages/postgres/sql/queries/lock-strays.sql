-- Finished tasks past their retention that no day holds: their ids were made under a wrong clock.
-- $1 default retention ms  $2 limit
with kept (class, ms) as (
  select 0, $1::bigint
  union all
  select class, retention_ms from retention_class
)
select stray.task_id
from finished_default as stray
left join kept on kept.class = class_of(stray.task_id)
where stray.finished_at
  < now() - coalesce(kept.ms, (select max(ms) from kept)) * interval '1 ms'
limit $2
for update of stray skip locked
