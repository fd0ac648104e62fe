-- Ends the lease of a worker that holds nothing. $1 worker
update worker set state = 'offline', lease_until = now()
where id = $1 and state in ('online', 'draining')
  and not exists (select from running where running.worker_id = worker.id)
