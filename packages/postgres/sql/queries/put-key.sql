-- Adds a key, or gives the one with this hash its name and claims.
-- $1 id  $2 name  $3 prefix  $4 hash  $5 claims  $6 expires at
insert into api_key (id, name, prefix, hash, claims, expires_at)
values ($1, $2, $3, $4, $5::text[], $6)
on conflict (hash) do update set
  name = excluded.name, claims = excluded.claims, expires_at = excluded.expires_at
returning id, name, prefix, claims, created_at, expires_at
