select name, description, params_schema, isolation from task_type order by name
