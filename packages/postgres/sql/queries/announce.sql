-- Nudges other servers, when there are any. $1 channel  $2 what is new, as JSON
select pg_notify($1, $2)
where exists (
  select from pg_stat_activity
  where application_name = 'mayfly hints' and datname = current_database()
  offset 1
)
