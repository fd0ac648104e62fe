-- $1 id  $2 owner or null for all
select schedule.*, now() as now, run.slot_at, run.planned, run.task_id as run_task_id, run.at
from schedule
left join lateral (
  select * from schedule_run where schedule_id = schedule.id order by slot_at desc limit 1
) as run on true
where id = $1 and ($2::uuid is null or owner = $2)
