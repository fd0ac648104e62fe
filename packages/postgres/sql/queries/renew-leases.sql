-- A lease that has ended is not renewed: the server may have handed its tasks on.
-- $1 workers  $2 stuck attempts: arrays  $3 lease ms
update worker set lease_until = now() + $3::float8 * interval '1 ms', stuck = given.stuck
from unnest($1::uuid[], $2::integer[]) as given (worker_id, stuck)
where id = given.worker_id and state in ('online', 'draining') and lease_until > now()
returning id, state = 'draining' as draining
