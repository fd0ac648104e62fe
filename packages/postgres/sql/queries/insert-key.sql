-- $1 id  $2 name  $3 prefix  $4 hash  $5 claims  $6 expires at
insert into api_key (id, name, prefix, hash, claims, expires_at)
values ($1, $2, $3, $4, $5::text[], $6)
returning id, name, prefix, claims, created_at, expires_at
