-- $1 task  $2 attempt  $3 percent: arrays
update running set progress = given.percent
from unnest($1::uuid[], $2::integer[], $3::real[]) as given (task_id, attempt, percent)
where running.task_id = given.task_id and running.attempt = given.attempt
