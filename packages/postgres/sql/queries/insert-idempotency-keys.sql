-- Takes keys that are free. $1 owner  $2 key  $3 body hash  $4 tasks, as array literals: arrays
insert into idempotency_key (owner, key, body_hash, task_ids)
select owner, key, body_hash, task_ids::uuid[]
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[]) as given (owner, key, body_hash, task_ids)
on conflict do nothing
returning owner, key
