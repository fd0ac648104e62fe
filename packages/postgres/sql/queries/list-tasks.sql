-- One page of tasks, newest first. Looks at a bounded window of candidates and says how far it got,
-- so that a rare match in a large history costs several short calls and never a long one.
-- $1 before this id  $2 not before this id  $3 window  $4 page  $5 lanes or null
-- $6 labels or null  $7 search or null  $8 owner or null  $9 created after  $10 created before
with scanned as materialized (
  /* sources */
  order by id desc
  limit $3
), matched as (
  select task.id from scanned join task on task.id = scanned.id
  where ($5::integer[] is null or task.lane_id = any ($5))
    and ($6::jsonb is null or task.labels @> $6)
    and ($7::text is null or strpos(lower(task.description), lower($7)) > 0
      or starts_with(task.id::text, lower($7)))
    and ($8::uuid is null or task.owner = $8)
    and ($9::timestamptz is null or task.created_at > $9)
    and ($10::timestamptz is null or task.created_at < $10)
  order by task.id desc
  limit $4
), progress as (
  select count(*)::integer as scanned_count,
    (select id from scanned order by id limit 1) as scanned_last
  from scanned
)
select progress.scanned_count, progress.scanned_last, page.*
from progress
left join (select task_view.* from matched join task_view on task_view.id = matched.id) as page on true
order by page.id desc
