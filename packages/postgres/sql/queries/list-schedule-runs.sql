-- $1 schedule  $2 limit
select slot_at, planned, task_id as run_task_id, at from schedule_run
where schedule_id = $1 order by slot_at desc limit $2
