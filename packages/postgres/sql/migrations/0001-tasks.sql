-- Tasks, attempts, workers and keys.
--
-- The table that holds a task is its status: ready = pending, scheduled, running, finished.
-- A move is one statement that deletes here and inserts there, so a task is in exactly one of them.
-- `task` itself is written once; what changes often lives in narrow rows.
--
-- Ids are UUIDv7, which begin with the time. Tables that grow without end are cut into days by the
-- id of the task, and a day is dropped whole when all of it has lived long enough.

create type final_status as enum ('completed', 'failed', 'expired', 'cancelled');
create type attempt_outcome as enum ('completed', 'failed', 'expired', 'cancelled', 'lost');
create type stop_reason as enum ('ttl', 'cancel', 'drain', 'lease-lost');
create type output_stream as enum ('stdout', 'stderr', 'log');
create type wait_limit_kind as enum ('queue', 'total');
create type worker_state as enum ('online', 'draining', 'offline', 'lost');

-- Tasks that the same workers can take stand in one lane. Claims go lane by lane, so what no worker
-- can take is never in the way of what one can.
create table lane (
  id integer generated always as identity primary key,
  queue text not null,
  type text not null,
  runtime text not null,
  unique (queue, type, runtime)
);

create table task_type (
  name text primary key,
  description text not null,
  params_schema jsonb not null,
  isolation text not null,
  updated_at timestamptz not null default now()
);

create table task (
  id uuid primary key,
  lane_id integer not null,
  priority smallint not null,
  ttl_ms integer not null check (ttl_ms > 0),
  grace_ms integer not null check (grace_ms >= 0),
  queue_ttl_ms bigint check (queue_ttl_ms > 0),
  total_ttl_ms bigint check (total_ttl_ms > 0),
  created_at timestamptz not null default now(),
  run_at timestamptz,
  total_deadline_at timestamptz,
  owner uuid not null,
  description text,
  labels jsonb,
  retry jsonb,
  -- JSON as text: it is stored and handed on, never looked into here.
  params text not null
) partition by range (id);

create index task_labels on task using gin (labels jsonb_path_ops) where labels is not null;

create table ready (
  lane_id integer not null,
  priority smallint not null,
  task_id uuid not null,
  attempt integer not null,
  failures integer not null,
  lost integer not null
);

create unique index ready_order on ready (lane_id, priority desc, task_id);

create table scheduled (
  task_id uuid primary key,
  due_at timestamptz not null,
  attempt integer not null,
  failures integer not null,
  lost integer not null
);

create index scheduled_due on scheduled (due_at);

create table running (
  task_id uuid primary key,
  worker_id uuid not null,
  lane_id integer not null,
  attempt integer not null check (attempt > 0),
  failures integer not null,
  lost integer not null,
  started_at timestamptz not null,
  deadline_at timestamptz not null,
  progress real,
  stop_reason stop_reason,
  stop_requested_at timestamptz,
  -- A stop or a moved deadline that the worker may not know of yet.
  changed_at timestamptz,
  check ((stop_reason is null) = (stop_requested_at is null))
) with (fillfactor = 70);

create index running_changed on running (worker_id) where changed_at is not null;

-- The end of a task, and of the attempt that brought it; started_at is null when none did.
create table finished (
  task_id uuid primary key,
  status final_status not null,
  lane_id integer not null,
  attempt integer not null,
  worker_id uuid,
  started_at timestamptz,
  finished_at timestamptz not null default now(),
  progress real,
  result text,
  error_code text,
  error_message text,
  stop_reason stop_reason,
  stop_requested_at timestamptz,
  stop_confirmed_at timestamptz,
  late_result_refused_at timestamptz,
  check ((worker_id is null) = (started_at is null))
) partition by range (task_id);

-- Completed is what most tasks are; the others are few and looked for.
create index finished_problems on finished (status, task_id) where status <> 'completed';

-- Earlier attempts of tasks that ran again.
create table attempt (
  task_id uuid not null,
  number integer not null,
  outcome attempt_outcome not null,
  worker_id uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  result text,
  error_code text,
  error_message text,
  stop_reason stop_reason,
  stop_requested_at timestamptz,
  stop_confirmed_at timestamptz,
  late_result_refused_at timestamptz,
  primary key (task_id, number)
) partition by range (task_id);

create table output (
  task_id uuid not null,
  attempt integer not null,
  seq integer not null,
  stream output_stream not null,
  data bytea not null,
  at timestamptz not null default now(),
  primary key (task_id, attempt, seq)
) partition by range (task_id);

-- Only of tasks with queueTtlMs or totalTtlMs.
create table wait_limit (
  task_id uuid not null,
  kind wait_limit_kind not null,
  due_at timestamptz not null,
  primary key (task_id, kind)
);

create index wait_limit_due on wait_limit (due_at);

create table idempotency_key (
  owner uuid not null,
  key text not null,
  body_hash bytea not null,
  task_ids uuid[] not null,
  created_at timestamptz not null default now(),
  primary key (owner, key)
);

create index idempotency_key_age on idempotency_key (created_at);

create table worker (
  id uuid primary key,
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  concurrency integer not null,
  queues text[] not null,
  types text[] not null,
  runtimes jsonb not null,
  sandbox jsonb,
  state worker_state not null,
  registered_at timestamptz not null default now(),
  lease_until timestamptz not null
);

create table api_key (
  id uuid primary key,
  name text not null,
  prefix text not null,
  hash bytea not null unique,
  claims text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);

-- Counts by day, so that statistics never scan the tasks. `slot` keeps parallel writers apart:
-- each adds to rows of its own, and the reader sums.
create table tally (
  day date not null,
  lane_id integer not null,
  event text not null,
  slot integer not null,
  count bigint not null,
  primary key (day, lane_id, event, slot)
) with (fillfactor = 50);

-- Rows of these tables live for milliseconds; vacuum must keep up with that, not with table size.
alter table ready set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
alter table running set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
alter table scheduled set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

create function first_id_of(day date) returns uuid
  language sql immutable strict parallel safe
  return (
    rpad(lpad(to_hex((extract(epoch from day) * 1000)::bigint), 12, '0'), 32, '0')
  )::uuid;

-- Makes the partitions of `days` days from `first_day` on. What fell into the default partition for
-- lack of them is moved over.
create function make_partitions(first_day date, days integer) returns void
  language plpgsql as
$$
declare
  parent text;
  part text;
  day date;
begin
  -- Several servers may start at once.
  perform pg_advisory_xact_lock(hashtext('mayfly.make_partitions'));
  foreach parent in array array['task', 'finished', 'attempt', 'output'] loop
    for day in select first_day + n from generate_series(0, days - 1) as n loop
      part := parent || to_char(day, '_YYYYMMDD');
      continue when to_regclass(part) is not null;
      execute format('create table %I (like %I including defaults including constraints)', part, parent);
      execute format(
        'with moved as (delete from %I where %I >= first_id_of(%L) and %I < first_id_of(%L) returning *)
         insert into %I select * from moved',
        parent || '_default', case parent when 'task' then 'id' else 'task_id' end, day,
        case parent when 'task' then 'id' else 'task_id' end, day + 1, part);
      execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent, part, first_id_of(day), first_id_of(day + 1));
    end loop;
  end loop;
end
$$;

create table task_default partition of task default;
create table finished_default partition of finished default;
create table attempt_default partition of attempt default;
create table output_default partition of output default;

-- A task as people see it. For reading; the hot paths never use it.
create view task_view as
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
  finished.result, finished.error_code, finished.error_message
from task
join lane on lane.id = task.lane_id
left join finished on finished.task_id = task.id
left join running on running.task_id = task.id
left join scheduled on scheduled.task_id = task.id
left join ready on ready.lane_id = task.lane_id and ready.priority = task.priority
  and ready.task_id = task.id
left join worker on worker.id = coalesce(finished.worker_id, running.worker_id);

-- Every attempt of a task, past, last and current.
create view attempt_view as
select attempt.task_id, attempt.number, attempt.outcome::text, attempt.worker_id,
  attempt.started_at, attempt.finished_at, attempt.error_code, attempt.error_message,
  attempt.stop_reason, attempt.stop_requested_at, attempt.stop_confirmed_at,
  attempt.late_result_refused_at
from attempt
union all
select finished.task_id, finished.attempt,
  case when finished.error_code = 'attempt.lost_too_often' then 'lost' else finished.status::text end,
  finished.worker_id, finished.started_at, finished.finished_at, finished.error_code,
  finished.error_message, finished.stop_reason, finished.stop_requested_at,
  finished.stop_confirmed_at, finished.late_result_refused_at
from finished where finished.worker_id is not null
union all
select running.task_id, running.attempt, null, running.worker_id, running.started_at, null, null,
  null, running.stop_reason, running.stop_requested_at, null, null
from running;
