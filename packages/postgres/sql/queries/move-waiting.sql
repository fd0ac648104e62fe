-- Puts a waiting task where its new priority and time belong.
-- $1 task  $2 lane  $3 old priority  $4 new priority  $5 run at, or null to leave it
with from_ready as (
  delete from ready where lane_id = $2 and priority = $3 and task_id = $1
  returning attempt, failures, lost, now() as due_at, null::timestamptz as held_until,
    null::timestamptz as free_at
), from_scheduled as (
  delete from scheduled where task_id = $1
  returning attempt, failures, lost, due_at, held_until, free_at
), moved as (
  select attempt, failures, lost,
    -- At infinity it waits for other tasks; its own time counts when they have ended.
    case
      when due_at = 'infinity' then due_at
      else greatest(coalesce($5::timestamptz, free_at, due_at), held_until)
    end as due_at,
    held_until, case when held_until is not null then coalesce($5, free_at) end as free_at
  from (select * from from_ready union all select * from from_scheduled) as waiting
), queued as (
  insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
  select $2, $4, $1, attempt, failures, lost, task.concurrency_key
  from moved cross join task where task.id = $1 and due_at <= now()
)
insert into scheduled (task_id, due_at, attempt, failures, lost, held_until, free_at)
select $1, due_at, attempt, failures, lost, held_until, free_at from moved where due_at > now()
