select task_id as id from scheduled where task_id < $1 and task_id >= $2
