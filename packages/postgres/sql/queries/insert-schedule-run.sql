-- Notes a run, and forgets those that are too many.
-- $1 schedule  $2 slot or null for now  $3 planned  $4 task or null  $5 runs to keep
with old as (
  delete from schedule_run where schedule_id = $1 and slot_at < (
    select slot_at from schedule_run where schedule_id = $1 order by slot_at desc offset $5 limit 1
  )
)
insert into schedule_run (schedule_id, slot_at, planned, task_id)
select id, coalesce($2::timestamptz, now()), $3, $4 from schedule where id = $1
returning schedule_id
