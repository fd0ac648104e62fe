-- Stores checked submissions.
-- $1 id  $2 lane  $3 priority  $4 ttl ms  $5 grace ms  $6 queue ttl ms  $7 total ttl ms  $8 run at
-- $9 delay ms  $10 owner  $11 description  $12 labels  $13 retry  $14 params
-- $15 concurrency key: arrays of equal length
-- $16 tally slot
with given as (
  select *,
    coalesce(run_at, now() + delay_ms * interval '1 ms') as due_at
  from unnest(
    $1::uuid[], $2::integer[], $3::smallint[], $4::integer[], $5::integer[], $6::bigint[],
    $7::bigint[], $8::timestamptz[], $9::bigint[], $10::uuid[], $11::text[], $12::jsonb[],
    $13::jsonb[], $14::text[], $15::text[]
  ) as given (
    id, lane_id, priority, ttl_ms, grace_ms, queue_ttl_ms,
    total_ttl_ms, run_at, delay_ms, owner, description, labels, retry, params,
    concurrency_key
  )
), stored as (
  insert into task (
    id, lane_id, priority, ttl_ms, grace_ms, queue_ttl_ms, total_ttl_ms, run_at,
    total_deadline_at, owner, description, labels, retry, params, concurrency_key
  )
  select id, lane_id, priority, ttl_ms, grace_ms, queue_ttl_ms, total_ttl_ms, due_at,
    now() + total_ttl_ms * interval '1 ms', owner, description, labels, retry, params,
    concurrency_key
  from given
), queued as (
  insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
  select lane_id, priority, id, 0, 0, 0, concurrency_key from given where due_at is null or due_at <= now()
), delayed as (
  insert into scheduled (task_id, due_at, attempt, failures, lost)
  select id, due_at, 0, 0, 0 from given where due_at > now()
), limited as (
  insert into wait_limit (task_id, kind, due_at)
  select id, 'queue'::wait_limit_kind,
    greatest(due_at, now()) + queue_ttl_ms * interval '1 ms'
  from given where queue_ttl_ms is not null
  union all
  select id, 'total', now() + total_ttl_ms * interval '1 ms'
  from given where total_ttl_ms is not null
), counted as (
  insert into tally (day, lane_id, event, slot, count)
  select current_date, lane_id, 'submitted', $16::integer, count(*) from given group by lane_id
  on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
)
select now() as created_at
