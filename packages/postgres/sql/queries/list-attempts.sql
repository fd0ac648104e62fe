-- Every attempt of a task, oldest first. $1 task  $2 owner or null for all
select attempt_view.*, worker.name as worker
from task
left join attempt_view on attempt_view.task_id = task.id
left join worker on worker.id = attempt_view.worker_id
where task.id = $1 and ($2::uuid is null or task.owner = $2)
order by attempt_view.number
