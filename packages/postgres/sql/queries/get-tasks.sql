-- $1 tasks  $2 owner or null for all
select * from task_view where id = any ($1::uuid[]) and ($2::uuid is null or owner = $2)
