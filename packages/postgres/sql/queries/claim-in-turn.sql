-- Starts waiting tasks of a controlled queue: one of each key in turn, then the next of each; of one
-- key by priority, then age. Under the lock of the queue.
-- $1 queue  $2 lanes  $3 slots: the worker that each started task goes to
-- $4 keys in the order of their turns  $5 how many of each may start
-- $6 workers of the slots  $7 their sessions: as in claim.sql, and the gate is for them alone
with moved as materialized (
  -- Workers that have come back over another connection, perhaps to another server.
  select given.worker_id
  from unnest($6::uuid[], $7::integer[]) as given (worker_id, session)
  left join worker on worker.id = given.worker_id
  where worker.session is distinct from given.session
), slots as materialized (
  select case
    when exists (select from moved) then array(
      select worker_id from unnest($3::uuid[]) with ordinality as slot (worker_id, place)
      where worker_id not in (select worker_id from moved)
      order by place
    )
    else $3::uuid[]
  end as workers
), party as (
  select * from unnest($4::text[], $5::integer[]) with ordinality as party (key, room, turn)
), wanted as (
  select id, keyed from lane where id = any ($2::integer[])
), ranked as (
  select found.ctid, found.task_id, found.priority, party.key, party.turn, row_number() over (
    partition by party.turn order by found.priority desc, found.task_id
  ) as rank, party.room
  from party
  cross join lateral (
    select head.* from wanted cross join lateral (
      select ready.ctid, ready.priority, ready.task_id from ready
      where party.key <> '' and wanted.keyed
        and ready.lane_id = wanted.id and ready.key = party.key
      order by ready.priority desc, ready.task_id limit party.room
    ) as head
    union all
    select head.* from wanted cross join lateral (
      select ready.ctid, ready.priority, ready.task_id from ready
      where party.key = '' and not wanted.keyed and ready.lane_id = wanted.id
      order by ready.priority desc, ready.task_id limit party.room
    ) as head
  ) as found
), best as materialized (
  select * from ranked
  where rank <= room and not exists (select from claim_gate for key share)
  order by rank, turn limit (select cardinality(workers) from slots)
), taken as (
  delete from ready
  where ctid = any (array(
    select ctid from ready where ctid = any (array(select ctid from best)) for update skip locked
  ))
  returning lane_id, priority, task_id, attempt + 1 as attempt, failures, lost, key
), placed as materialized (
  select taken.*, best.rank, best.turn,
    (select workers from slots)[row_number() over (order by best.rank, best.turn)] as worker_id
  from taken join best on best.task_id = taken.task_id
), moment as materialized (
  select clock_timestamp() as started_at
), detailed as materialized (
  select placed.*, task.ttl_ms, task.grace_ms, task.retry, task.params, moment.started_at,
    least(moment.started_at + task.ttl_ms * interval '1 ms', task.total_deadline_at) as deadline_at,
    task.total_deadline_at
  from placed join task on task.id = placed.task_id cross join moment
), started as (
  insert into running (
    task_id, worker_id, lane_id, attempt, failures, lost, started_at, deadline_at, limited, key
  )
  select task_id, worker_id, lane_id, attempt, failures, lost, started_at, deadline_at, true, key
  from detailed
), passed as (
  update queue set turn_key = last.key
  from (
    select coalesce(key, '') as key from placed order by rank desc, turn desc limit 1
  ) as last
  where queue.name = $1 and queue.turn_key <> last.key
), counted as (
  select '' as key, queue.rate_per_ms as per_ms, count(*)::integer as count
  from placed join queue on queue.name = $1 and queue.rate_per_ms is not null
  group by queue.rate_per_ms
  union all
  select placed.key, queue.key_rate_per_ms, count(*)::integer
  from placed join queue on queue.name = $1 and queue.key_rate_per_ms is not null
  where placed.key is not null
  group by placed.key, queue.key_rate_per_ms
), noted as (
  insert into queue_start (queue, key, slot, started_at, count)
  select $1, counted.key,
    floor(extract(epoch from moment.started_at) * 1000 / greatest(counted.per_ms / 100.0, 1)),
    moment.started_at, counted.count
  from counted cross join moment
  on conflict (queue, key, slot) do update set
    started_at = excluded.started_at, count = queue_start.count + excluded.count
)
select task_id, worker_id, lane_id, attempt, failures, lost, grace_ms, retry, params,
  (extract(epoch from deadline_at - started_at) * 1000)::float8 as left_ms,
  (extract(epoch from total_deadline_at - started_at) * 1000)::float8 as total_left_ms
from (
  select task_id, worker_id, lane_id, attempt, failures, lost, grace_ms, retry, params, rank, turn,
    started_at, deadline_at, total_deadline_at
  from detailed
  union all
  select null, worker_id, null, null, null, null, null, null, null, null, null, null, null, null
  from moved
) as told
order by rank, turn
