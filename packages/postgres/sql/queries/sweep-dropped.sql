-- $1 most rows to delete in each table
select sweep_dropped($1) as more
