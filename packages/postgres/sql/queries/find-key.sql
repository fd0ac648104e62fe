-- $1 hash
select id, name, prefix, claims, created_at, expires_at from api_key where hash = $1
