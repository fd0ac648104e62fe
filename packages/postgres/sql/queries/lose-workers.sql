-- Takes workers for dead whose lease and margin are over. $1 margin ms
update worker set state = 'lost'
where state in ('online', 'draining') and lease_until < now() - $1::float8 * interval '1 ms'
returning id
