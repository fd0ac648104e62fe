-- $1 name  $2 description  $3 params schema  $4 isolation: arrays
insert into task_type (name, description, params_schema, isolation)
select * from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[])
on conflict (name) do update set
  description = excluded.description,
  params_schema = excluded.params_schema,
  isolation = excluded.isolation,
  updated_at = now()
where (task_type.description, task_type.params_schema, task_type.isolation)
  is distinct from (excluded.description, excluded.params_schema, excluded.isolation)
