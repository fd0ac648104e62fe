select id, name, prefix, claims, created_at, expires_at from api_key order by created_at, id
