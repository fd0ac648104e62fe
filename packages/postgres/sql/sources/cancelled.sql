select task_id as id from finished where status = 'cancelled' and task_id < $1 and task_id >= $2
