-- Takes unique keys that are free, and locks those that are not, in the order given.
-- $1 owner  $2 type  $3 key  $4 task  $5 scope  $6 window ms: arrays
insert into unique_key as held (owner, type, key, task_id, scope, held_until)
select owner, type, key, task_id, scope, now() + window_ms * interval '1 ms'
from unnest(
  $1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::unique_scope[], $6::bigint[]
) as given (owner, type, key, task_id, scope, window_ms)
on conflict (owner, type, key) do update set key = held.key
returning owner, type, key, task_id
