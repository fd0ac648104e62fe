-- Sets controls; $2 names those that change.
-- $1 queue  $2 fields  $3 paused  $4 concurrency  $5 key concurrency  $6 rate count  $7 rate per ms
-- $8 key rate count  $9 key rate per ms  $10 retention class
insert into queue as known (
  name, paused, concurrency, key_concurrency, rate_count, rate_per_ms, key_rate_count,
  key_rate_per_ms, retention_class
)
values ($1, coalesce($3, false), $4, $5, $6, $7, $8, $9, $10)
on conflict (name) do update set
  paused = case when 'paused' = any ($2::text[]) then excluded.paused else known.paused end,
  concurrency = case when 'concurrency' = any ($2) then excluded.concurrency
    else known.concurrency end,
  key_concurrency = case when 'keyConcurrency' = any ($2) then excluded.key_concurrency
    else known.key_concurrency end,
  rate_count = case when 'rateLimit' = any ($2) then excluded.rate_count else known.rate_count end,
  rate_per_ms = case when 'rateLimit' = any ($2) then excluded.rate_per_ms
    else known.rate_per_ms end,
  key_rate_count = case when 'keyRateLimit' = any ($2) then excluded.key_rate_count
    else known.key_rate_count end,
  key_rate_per_ms = case when 'keyRateLimit' = any ($2) then excluded.key_rate_per_ms
    else known.key_rate_per_ms end,
  retention_class = case when 'retentionMs' = any ($2) then excluded.retention_class
    else known.retention_class end
