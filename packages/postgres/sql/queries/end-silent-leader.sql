-- Ends the session of a leader that has not been heard of for too long: its process is stopped, or
-- its machine is gone and nobody has told the database. $1 lock  $2 longest silence ms
select pg_terminate_backend(held.pid)
from pg_locks as held
join pg_stat_activity as leader on leader.pid = held.pid
where held.locktype = 'advisory' and held.granted
  and held.database = (select oid from pg_database where datname = current_database())
  and (held.classid, held.objid, held.objsubid) = (0, $1, 1)
  and leader.state_change < clock_timestamp() - $2::float8 * interval '1 ms'
