-- Finds or makes a lane, up to a bound of them. $1 queue  $2 type  $3 runtime  $4 keyed  $5 most lanes
with found as (
  select id from lane where queue = $1 and type = $2 and runtime = $3 and keyed = $4
), made as (
  insert into lane (queue, type, runtime, keyed)
  select $1, $2, $3, $4
  where not exists (select from found) and (select count(*) from lane) < $5
  on conflict do nothing
  returning id
)
select id from found union all select id from made
