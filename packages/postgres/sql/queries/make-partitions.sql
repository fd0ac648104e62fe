-- Partitions for today and the coming days. $1 days
select make_partitions((now() at time zone 'UTC')::date, $1::integer)
