-- $1 days back, today included  $2 bound of the counts of what waits or runs
select event, sum(count)::float8 as count from tally
where day > current_date - $1::integer group by event
union all
select 'scheduled', count(*)::float8 from (select 1 from scheduled limit $2) as bounded
union all
select 'running', count(*)::float8 from (select 1 from running limit $2) as bounded
