-- Starts a lease, or renews it when the incarnation comes back over a new connection, which ends what
-- the earlier ones were good for.
-- $1 id  $2 name  $3 host  $4 pid  $5 version  $6 concurrency  $7 queues  $8 types  $9 runtimes
-- $10 sandbox  $11 lease ms
insert into worker as known (
  id, name, host, pid, version, concurrency, queues, types, runtimes, sandbox, state, lease_until
)
values (
  $1, $2, $3, $4, $5, $6, $7::text[], $8::text[], $9::jsonb, $10::jsonb, 'online',
  now() + $11::float8 * interval '1 ms'
)
on conflict (id) do update set lease_until = excluded.lease_until, session = known.session + 1
where known.state in ('online', 'draining') and known.lease_until > now()
returning session
