-- Makes tasks that were just stored wait for others.
-- $1 task  $2 after, as array literals  $3 policy  $4 run at  $5 delay ms: arrays
with given as (
  select id, after::uuid[] as after, policy, coalesce(run_at, now() + delay_ms * interval '1 ms') as run_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
    as given (id, after, policy, run_at, delay_ms)
), told as (
  update task set after = given.after, after_policy = given.policy, run_at = given.run_at
  from given where task.id = given.id
)
insert into dependency (predecessor_id, task_id)
select predecessor_id, id from given cross join lateral unnest(given.after) as named (predecessor_id)
