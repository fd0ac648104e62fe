-- $1 owner  $2 key: arrays
select found.owner, found.key, found.body_hash, found.task_ids
from unnest($1::uuid[], $2::text[]) as given (owner, key)
join idempotency_key as found on found.owner = given.owner and found.key = given.key
