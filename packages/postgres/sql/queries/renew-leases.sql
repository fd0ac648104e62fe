-- A lease that has ended is not renewed: the server may have handed its tasks on.
-- $1 workers  $2 lease ms
update worker set lease_until = now() + $2::float8 * interval '1 ms'
where id = any ($1::uuid[]) and state in ('online', 'draining') and lease_until > now()
returning id
