-- Tells other servers, when there are any, that tasks wait. $1 channel  $2 lanes
select pg_notify($1, $2)
where exists (
  select from pg_stat_activity
  where application_name = 'mayfly hints' and datname = current_database()
  offset 1
)
