-- Controls of queues: pause, limits on how much runs at once and on how much starts in a time, for
-- the queue and for each concurrency key.
--
-- Lanes of queues without controls are claimed as before. Claims from a controlled queue hold the
-- lock of its row here, so on all servers together there is one at a time, and what it counts cannot
-- change under it. Slots are counted in `running`, never kept as numbers: what ends frees its slot,
-- however it ends.

create table queue (
  name text primary key,
  paused boolean not null default false,
  concurrency integer check (concurrency > 0),
  key_concurrency integer check (key_concurrency > 0),
  rate_count integer check (rate_count > 0),
  rate_per_ms bigint check (rate_per_ms > 0),
  key_rate_count integer check (key_rate_count > 0),
  key_rate_per_ms bigint check (key_rate_per_ms > 0),
  -- Keys take turns; this one came last. Empty: the tasks without a key.
  turn_key text collate "C" not null default '',
  controlled boolean not null generated always as (
    paused or concurrency is not null or key_concurrency is not null or rate_count is not null
    or key_rate_count is not null
  ) stored,
  check ((rate_count is null) = (rate_per_ms is null)),
  check ((key_rate_count is null) = (key_rate_per_ms is null))
);

-- Always empty. Claims from lanes without controls hold a weak lock of this table; who puts controls
-- on a queue takes a strong one, and so waits for all claims that may not have seen them.
create table claim_gate (closed boolean not null);

-- Starts within the time of a rate limit. Empty key: of the whole queue. A slot is a hundredth of
-- that time, so a limit of any size keeps few rows. A slot counts from its last start, so there are
-- never more starts in the time than the limit allows.
create table queue_start (
  queue text not null,
  key text collate "C" not null,
  slot bigint not null,
  started_at timestamptz not null,
  count integer not null,
  primary key (queue, key, slot)
);

-- Tasks with a concurrency key stand in lanes of their own, so that those with and those without
-- one are found without looking at the other.
alter table lane add column keyed boolean not null default false;
alter table lane drop constraint lane_queue_type_runtime_key;
alter table lane add unique (queue, type, runtime, keyed);

alter table task add column concurrency_key text collate "C";
alter table ready add column key text collate "C";
create index ready_keys on ready (lane_id, key, priority desc, task_id) where key is not null;

-- Set for attempts of controlled queues only.
alter table running add column limited boolean not null default false;
alter table running add column key text collate "C";
create index running_limited on running (lane_id, key) where limited;

-- Who holds a unique key. It is held while the task is in one of the places that the scope names,
-- and in any case until `held_until`.
create type unique_scope as enum ('waiting', 'unfinished');

create table unique_key (
  owner uuid not null,
  type text not null,
  key text not null,
  task_id uuid not null,
  scope unique_scope not null,
  held_until timestamptz not null,
  primary key (owner, type, key)
);

-- The first key after `past` that has a task waiting in one of these lanes.
create function next_key(lanes integer[], past text) returns text
  language sql stable
  return (
    select min(found.key)
    from unnest(lanes) as wanted (id)
    cross join lateral (
      select ready.key from ready
      where ready.lane_id = wanted.id and ready.key collate "C" > past
      order by ready.key limit 1
    ) as found
  );

-- What a rate limit has seen: the starts within its time, and in how many milliseconds the next one
-- is free when all of them are used (null when there was none).
create function rate_state(of_queue text, of_key text, most integer, per_ms bigint)
  returns table (started integer, free_in_ms float8)
  language sql stable
begin atomic
  with recent as (
    select started_at, count, sum(count) over (order by started_at) as leaving,
      sum(count) over () as total
    from queue_start
    where queue = of_queue and key = of_key
      and started_at > clock_timestamp() - per_ms * interval '1 ms'
  )
  select coalesce(max(total), 0)::integer,
    (extract(epoch from
      min(started_at) filter (where leaving > total - most) - clock_timestamp()) * 1000)::float8
      + per_ms
  from recent;
end;

create or replace view task_view as
select
  task.id, lane.type, lane.queue, lane.runtime, task.description, task.priority,
  case
    when finished.task_id is not null then finished.status::text
    when running.task_id is not null then 'running'
    when scheduled.task_id is not null then 'scheduled'
    else 'pending'
  end as status,
  task.params, task.ttl_ms, task.queue_ttl_ms, task.total_ttl_ms, task.grace_ms, task.retry,
  coalesce(finished.attempt, running.attempt, scheduled.attempt, ready.attempt, 0) as attempt,
  task.owner, task.labels,
  coalesce(finished.progress, running.progress) as progress,
  task.created_at,
  coalesce(scheduled.due_at, task.run_at) as run_at,
  coalesce(finished.started_at, running.started_at) as started_at,
  running.deadline_at, finished.finished_at,
  worker.name as worker,
  finished.result, finished.error_code, finished.error_message,
  task.concurrency_key
from task
join lane on lane.id = task.lane_id
left join finished on finished.task_id = task.id
left join running on running.task_id = task.id
left join scheduled on scheduled.task_id = task.id
left join ready on ready.lane_id = task.lane_id and ready.priority = task.priority
  and ready.task_id = task.id
left join worker on worker.id = coalesce(finished.worker_id, running.worker_id);
