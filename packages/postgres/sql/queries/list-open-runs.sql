-- Tasks of the latest runs that have not ended. $1 schedule  $2 runs to look at
select run.task_id
from (
  select task_id from schedule_run where schedule_id = $1 order by slot_at desc limit $2
) as run
join task on task.id = run.task_id
where not exists (select from finished where finished.task_id = run.task_id)
