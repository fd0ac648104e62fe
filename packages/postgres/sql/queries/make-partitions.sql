-- Partitions for today and the coming days. $1 days
select make_partitions(current_date, $1::integer)
