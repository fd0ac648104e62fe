-- $1 owner or null for all  $2 before this id  $3 limit
select schedule.*, now() as now, run.slot_at, run.planned, run.task_id as run_task_id, run.at
from schedule
left join lateral (
  select * from schedule_run where schedule_id = schedule.id order by slot_at desc limit 1
) as run on true
where ($1::uuid is null or owner = $1) and id < $2::uuid
order by id desc
limit $3
