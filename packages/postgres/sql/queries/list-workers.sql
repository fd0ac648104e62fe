-- Workers that are here, and those that left within the last day.
select worker.*, (
  select count(*)::integer from running where running.worker_id = worker.id
) as running
from worker
where lease_until > now() - interval '1 day'
order by state, name, registered_at desc
limit 1000
