-- Whom a task still waits for, and how many they are. $1 task  $2 most to name
select named.id, task_view.status, named.count
from (
  select predecessor_id as id, count(*) over ()::integer as count
  from dependency where task_id = $1
  order by predecessor_id limit $2
) as named
join task_view on task_view.id = named.id
order by named.id
