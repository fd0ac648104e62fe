select task_id as id from finished where status = 'expired' and task_id < $1 and task_id >= $2
