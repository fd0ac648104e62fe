-- Sets the wait limits of a task anew from its row. $1 task
with gone as (
  delete from wait_limit where task_id = $1
    and not exists (
      select from task where id = $1
        and case wait_limit.kind when 'queue' then queue_ttl_ms else total_ttl_ms end is not null
    )
)
insert into wait_limit (task_id, kind, due_at)
select id, 'queue'::wait_limit_kind,
  case when exists (select from dependency where dependency.task_id = task.id) then 'infinity'
    else greatest(coalesce(run_at, created_at), created_at) + queue_ttl_ms * interval '1 ms' end
from task where id = $1 and queue_ttl_ms is not null
union all
select id, 'total', total_deadline_at from task where id = $1 and total_ttl_ms is not null
on conflict (task_id, kind) do update set due_at = excluded.due_at
