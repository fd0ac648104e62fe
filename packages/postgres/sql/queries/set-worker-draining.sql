-- $1 worker
update worker set state = 'draining' where id = $1 and state in ('online', 'draining')
returning id
