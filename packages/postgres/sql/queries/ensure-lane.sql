-- Finds or makes a lane, up to a bound of them. $1 queue  $2 type  $3 runtime  $4 most lanes
with found as (
  select id from lane where queue = $1 and type = $2 and runtime = $3
), made as (
  insert into lane (queue, type, runtime)
  select $1, $2, $3
  where not exists (select from found) and (select count(*) from lane) < $4
  on conflict do nothing
  returning id
)
select id from found union all select id from made
