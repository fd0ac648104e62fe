-- Deletes finished tasks and all that belongs to them. $1 tasks  $2 owner or null for all
with gone as (
  delete from finished using task
  where finished.task_id = any ($1::uuid[]) and task.id = finished.task_id
    and ($2::uuid is null or task.owner = $2)
  returning finished.task_id
), gone_attempts as (
  delete from attempt using gone where attempt.task_id = gone.task_id
), gone_output as (
  delete from output using gone where output.task_id = gone.task_id
), gone_webhooks as (
  delete from webhook using gone where webhook.task_id = gone.task_id
), gone_deliveries as (
  delete from webhook_delivery using gone where webhook_delivery.task_id = gone.task_id
), gone_limits as (
  delete from wait_limit using gone where wait_limit.task_id = gone.task_id
)
delete from task using gone where task.id = gone.task_id
returning task.id as task_id
