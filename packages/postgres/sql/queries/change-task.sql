-- Writes new values; $2 names the columns that change.
-- $1 task  $3 description  $4 labels  $5 priority  $6 params  $7 ttl ms  $8 grace ms
-- $9 queue ttl ms  $10 total ttl ms  $11 retry  $12 run at
update task set
  description = case when 'description' = any ($2::text[]) then $3 else description end,
  labels = case when 'labels' = any ($2) then $4::jsonb else labels end,
  priority = case when 'priority' = any ($2) then $5::smallint else priority end,
  params = case when 'params' = any ($2) then $6 else params end,
  ttl_ms = case when 'ttlMs' = any ($2) then $7::integer else ttl_ms end,
  grace_ms = case when 'graceMs' = any ($2) then $8::integer else grace_ms end,
  queue_ttl_ms = case when 'queueTtlMs' = any ($2) then $9::bigint else queue_ttl_ms end,
  total_ttl_ms = case when 'totalTtlMs' = any ($2) then $10::bigint else total_ttl_ms end,
  total_deadline_at = case when 'totalTtlMs' = any ($2)
    then created_at + $10::bigint * interval '1 ms' else total_deadline_at end,
  retry = case when 'retry' = any ($2) then $11::jsonb else retry end,
  run_at = case when 'runAt' = any ($2) then $12::timestamptz else run_at end
where id = $1
