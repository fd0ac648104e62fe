select task_id as id from finished where status = 'failed' and task_id < $1 and task_id >= $2
