select task_id as id from finished where status = 'completed' and task_id < $1 and task_id >= $2
