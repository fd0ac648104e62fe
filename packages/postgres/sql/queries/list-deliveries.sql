-- $1 task
select * from webhook_delivery where task_id = $1 order by created_at desc, id limit 100
