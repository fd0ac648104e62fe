-- Runtimes of workers that are here or went away at most $1 ms ago
select distinct runtime.value as runtime
from worker cross join jsonb_array_elements(runtimes) as runtime
where lease_until > now() - $1::float8 * interval '1 ms'
