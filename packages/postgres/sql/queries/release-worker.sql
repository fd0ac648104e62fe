-- Ends the lease of a worker that holds nothing, by its latest connection. $1 worker  $2 session
update worker set state = 'offline', lease_until = now()
where id = $1 and session = $2 and state in ('online', 'draining')
  and not exists (select from running where running.worker_id = worker.id)
