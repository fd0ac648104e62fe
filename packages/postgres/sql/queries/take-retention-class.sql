-- The class of a retention; null when all are taken. $1 ms
select take_retention_class($1) as class
