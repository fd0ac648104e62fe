-- Starts waiting tasks: highest priority first, then oldest first. Lanes of controlled queues are
-- left out; reading the gate makes those who put controls on a queue wait for this claim.
-- $1 lanes: integer array  $2 slots: uuid array, the worker that each started task goes to
-- $3 workers of the slots  $4 their sessions: arrays. A worker that has another session by now gets
-- nothing; a row without a task tells of it.
with moved as materialized (
  -- Workers that have come back over another connection, perhaps to another server.
  select given.worker_id
  from unnest($3::uuid[], $4::integer[]) as given (worker_id, session)
  left join worker on worker.id = given.worker_id
  where worker.session is distinct from given.session
), slots as materialized (
  select case
    when exists (select from moved) then array(
      select worker_id from unnest($2::uuid[]) with ordinality as slot (worker_id, place)
      where worker_id not in (select worker_id from moved)
      order by place
    )
    else $2::uuid[]
  end as workers
), best as (
  select found.ctid, found.priority, found.task_id
  from unnest($1::integer[]) as wanted (lane_id)
  cross join lateral (
    select ctid, priority, task_id from ready
    where ready.lane_id = wanted.lane_id
    order by priority desc, task_id
    limit (select cardinality(workers) from slots)
  ) as found
  where not exists (select from claim_gate for key share)
    and not exists (
      select from lane join queue on queue.name = lane.queue
      where lane.id = wanted.lane_id and queue.controlled
    )
  order by found.priority desc, found.task_id
  limit (select cardinality(workers) from slots)
), taken as (
  delete from ready
  where ctid = any (array(
    select ctid from ready where ctid = any (array(select ctid from best)) for update skip locked
  ))
  returning lane_id, priority, task_id, attempt + 1 as attempt, failures, lost
), placed as (
  select taken.*,
    (select workers from slots)[row_number() over (order by priority desc, task_id)] as worker_id
  from taken
), moment as materialized (
  -- Not now(), the start of this statement: that may be before a task was stored which it sees.
  select clock_timestamp() as started_at
), detailed as materialized (
  select placed.*, task.ttl_ms, task.grace_ms, task.retry, task.params, moment.started_at,
    least(moment.started_at + task.ttl_ms * interval '1 ms', task.total_deadline_at) as deadline_at,
    task.total_deadline_at
  from placed join task on task.id = placed.task_id cross join moment
), started as (
  insert into running (task_id, worker_id, lane_id, attempt, failures, lost, started_at, deadline_at)
  select task_id, worker_id, lane_id, attempt, failures, lost, started_at, deadline_at from detailed
)
select task_id, worker_id, lane_id, attempt, failures, lost, grace_ms, retry, params,
  case
    when total_deadline_at is null then ttl_ms::float8
    else (extract(epoch from deadline_at - started_at) * 1000)::float8
  end as left_ms,
  (extract(epoch from total_deadline_at - started_at) * 1000)::float8 as total_left_ms
from (
  select task_id, worker_id, lane_id, attempt, failures, lost, grace_ms, retry, params, priority,
    ttl_ms, started_at, deadline_at, total_deadline_at
  from detailed
  union all
  select null, worker_id, null, null, null, null, null, null, null, null, null, null, null, null
  from moved
) as told
order by priority desc, task_id
