-- Takes unique keys, which are locked, from tasks that hold them no longer.
-- $1 owner  $2 type  $3 key  $4 task  $5 scope  $6 window ms: arrays
update unique_key as held
set task_id = given.task_id, scope = given.scope,
  held_until = now() + given.window_ms * interval '1 ms'
from unnest(
  $1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::unique_scope[], $6::bigint[]
) as given (owner, type, key, task_id, scope, window_ms)
where held.owner = given.owner and held.type = given.type and held.key = given.key
  and not exists (
    select from task
    where task.id = held.task_id and (
      held.held_until > clock_timestamp()
      or not exists (select from finished where finished.task_id = task.id) and (
        held.scope = 'unfinished'
        or not exists (select from running where running.task_id = task.id)
      )
    )
  )
returning held.owner, held.type, held.key, held.task_id
