select id from task where id < $1 and id >= $2 and labels @> $6
