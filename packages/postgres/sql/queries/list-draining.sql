-- $1 workers
select id from worker where id = any ($1::uuid[]) and state = 'draining'
