-- Schedules, tasks that wait for other tasks, and webhooks.

-- The submission as the owner gave it; null for tasks that wait for nobody.
alter table task add column after uuid[];
alter table task add column after_policy text check (after_policy in ('cancel', 'run-anyway'));

-- Whom a task still waits for. The task itself is in `scheduled`, due at infinity. A row goes away
-- when its predecessor ends, in the same transaction.
create table dependency (
  predecessor_id uuid not null,
  task_id uuid not null,
  primary key (predecessor_id, task_id)
);

create index dependency_task on dependency (task_id);

-- Whom to tell of the end of a task.
create table webhook (
  task_id uuid primary key,
  url text not null,
  events text[] not null
);

-- What was told, or is to be told: written in the transaction that ends the task.
create table webhook_delivery (
  id uuid primary key default gen_random_uuid(),
  task_id uuid not null,
  url text not null,
  event text not null,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  -- The next try; while one is under way, when another server may take over. Null: it is over.
  next_at timestamptz default now(),
  delivered_at timestamptz,
  last_tried_at timestamptz,
  last_status integer,
  last_error text
);

create index webhook_delivery_task on webhook_delivery (task_id);
create index webhook_delivery_due on webhook_delivery (next_at) where next_at is not null;

create function note_webhooks(ended uuid[], statuses text[]) returns void
  language plpgsql volatile as
$$
begin
  if exists (select from webhook limit 1) then
    insert into webhook_delivery (task_id, url, event)
    select webhook.task_id, webhook.url, given.status
    from unnest(ended, statuses) as given (id, status)
    join webhook on webhook.task_id = given.id
    where given.status = any (webhook.events);
  end if;
end
$$;

-- What follows for other tasks when tasks have ended: those that wait for them go on or are
-- cancelled, and so forth.
--
-- It is volatile, so each statement in it sees what was committed before that statement began. A
-- submission locks the place of a predecessor before it adds the dependency, and a predecessor
-- leaves its place before this is called: so either this sees the dependency, or the submission
-- sees the end. Of several predecessors that end at once, each locks the waiting task first, and the
-- last one finds no other left.
create function release_dependents(ended uuid[], statuses text[], tally_slot integer)
  returns table (released_id uuid, released_lane integer, released_status text)
  language plpgsql volatile as
$$
#variable_conflict use_column
declare
  waiting uuid[];
  doomed uuid[];
begin
  if cardinality(ended) = 0 or not exists (select from dependency limit 1) then
    return;
  end if;
  -- What was cancelled or expired while it waited waits for nobody any more.
  delete from dependency where task_id = any (ended);
  loop
    waiting := array(select distinct task_id from dependency where predecessor_id = any (ended));
    exit when cardinality(waiting) = 0;
    perform from scheduled where task_id = any (waiting) order by task_id for update;

    with failed as (
      select id, status from unnest(ended, statuses) as given (id, status)
      where status <> 'completed'
    ), lost as (
      select distinct on (task.id) task.id, task.lane_id, failed.id as cause, failed.status
      from failed
      join dependency on dependency.predecessor_id = failed.id
      join task on task.id = dependency.task_id
      where task.after_policy = 'cancel'
    ), gone as (
      delete from scheduled using lost where scheduled.task_id = lost.id
      returning lost.id, lost.lane_id, scheduled.attempt, lost.cause, lost.status
    ), final as (
      insert into finished (task_id, status, lane_id, attempt, error_code, error_message)
      select id, 'cancelled', lane_id, attempt, 'task.dependency_failed',
        format('It was to run after the task %s, which is %s.', cause, status)
      from gone
    ), counted as (
      insert into tally (day, lane_id, event, slot, count)
      -- A slot apart from that of the calling statement, which may count in the same row.
      select current_date, lane_id, 'cancelled', tally_slot + 512, count(*) from gone group by lane_id
      on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
    )
    select array(select id from gone) into doomed;

    delete from dependency where predecessor_id = any (ended) or task_id = any (doomed);

    return query with free as (
      select task.id, task.lane_id, task.priority, task.run_at, task.queue_ttl_ms,
        task.concurrency_key as key
      from task
      where task.id = any (waiting) and task.id <> all (doomed)
        and not exists (select from dependency where task_id = task.id)
    ), timed as (
      update scheduled set due_at = free.run_at from free
      where scheduled.task_id = free.id and free.run_at > now()
    ), taken as (
      delete from scheduled using free
      where scheduled.task_id = free.id and (free.run_at is null or free.run_at <= now())
      returning free.lane_id, free.priority, free.id, scheduled.attempt, scheduled.failures,
        scheduled.lost, free.key
    ), queued as (
      insert into ready (lane_id, priority, task_id, attempt, failures, lost, key)
      select lane_id, priority, id, attempt, failures, lost, key from taken
    ), limited as (
      update wait_limit
      set due_at = greatest(free.run_at, now()) + free.queue_ttl_ms * interval '1 ms'
      from free
      where wait_limit.task_id = free.id and wait_limit.kind = 'queue'
    )
    select id, lane_id, case when run_at > now() then 'scheduled' else 'pending' end from free
    union all
    select id, lane_id, 'cancelled' from task where id = any (doomed);

    ended := doomed;
    statuses := array_fill('cancelled'::text, array[cardinality(doomed)]);
    exit when cardinality(doomed) = 0;
    perform note_webhooks(ended, statuses);
  end loop;
end
$$;

-- What statements call that end tasks, with all that they ended.
create function follow_ends(ended uuid[], statuses text[], tally_slot integer)
  returns table (released_id uuid, released_lane integer, released_status text)
  language plpgsql volatile as
$$
begin
  perform note_webhooks(ended, statuses);
  return query select * from release_dependents(ended, statuses, tally_slot);
end
$$;

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
  coalesce(nullif(scheduled.due_at, 'infinity'), task.run_at) as run_at,
  coalesce(finished.started_at, running.started_at) as started_at,
  running.deadline_at, finished.finished_at,
  worker.name as worker,
  finished.result, finished.error_code, finished.error_message,
  task.concurrency_key, task.after, task.after_policy, webhook.url as webhook_url, webhook.events as webhook_events
from task
join lane on lane.id = task.lane_id
left join finished on finished.task_id = task.id
left join running on running.task_id = task.id
left join scheduled on scheduled.task_id = task.id
left join ready on ready.lane_id = task.lane_id and ready.priority = task.priority
  and ready.task_id = task.id
left join worker on worker.id = coalesce(finished.worker_id, running.worker_id)
left join webhook on webhook.task_id = task.id;

create table schedule (
  id uuid primary key,
  owner uuid not null,
  name text not null,
  -- Either a cron expression with its time zone, or an interval counted from `anchor_at`.
  cron text,
  time_zone text,
  every_ms bigint check (every_ms > 0),
  anchor_at timestamptz not null,
  catch_up text not null check (catch_up in ('skip', 'last', 'all')),
  catch_up_max integer not null check (catch_up_max > 0),
  overlap text not null check (overlap in ('skip', 'queue', 'cancel-running')),
  -- The checked submission as JSON text, and the lane that its tasks go to.
  task text not null,
  lane_id integer not null,
  paused boolean not null default false,
  -- The next slot; null while it is paused, and when there is none any more. A slot is fired by
  -- moving this on, so of several who try, one does.
  next_at timestamptz,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner, name),
  check ((cron is null) = (time_zone is null) and (cron is null) <> (every_ms is null)),
  check (not (paused and next_at is not null))
);

create index schedule_next on schedule (next_at) where next_at is not null;

-- What slots came to. Only the latest of each schedule are kept.
create table schedule_run (
  schedule_id uuid not null references schedule on delete cascade,
  slot_at timestamptz not null,
  -- False when somebody asked for it out of turn.
  planned boolean not null,
  -- Null: the slot was skipped.
  task_id uuid,
  at timestamptz not null default now()
);

create unique index schedule_run_slot on schedule_run (schedule_id, slot_at) where planned;
create index schedule_run_order on schedule_run (schedule_id, slot_at desc);
