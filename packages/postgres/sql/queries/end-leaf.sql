-- $1 leaf  $2 retention ms  $3 most tasks that may stay  $4 most bytes of them
select outcome, gone::float8, kept::float8 from end_leaf($1, $2::float8::bigint, $3, $4)
