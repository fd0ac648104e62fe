-- Retention: how long finished tasks are kept.
--
-- The last hex digit of a task id is its retention class, so an id tells when it was made and for
-- how long it is kept. A day is cut once more, by class, and a leaf (one class of one day) is
-- dropped whole. Days from before this are plain leaves, which hold all classes; they are kept as
-- long as the longest retention asks for.

-- Class 0 is the default of the servers. These are the others: one for each retention in use.
create table retention_class (
  class smallint primary key check (class between 1 and 15),
  retention_ms bigint not null unique check (retention_ms > 0)
);

-- Null: the default.
alter table queue add column retention_class smallint references retention_class;

create function class_of(id uuid) returns integer
  language sql immutable strict parallel safe
  return get_byte(uuid_send(id), 15) & 15;

-- Leaves that were dropped, or written anew, of which rows in other tables may be left.
create table dropped_leaf (
  name text primary key,
  dropped_at timestamptz not null default now()
);

-- A unique index of a table that is cut by an expression cannot exist, so each leaf gets its own
-- primary key. As the leaf follows from the id, that is as unique. Existing leaves keep theirs.
do $$
declare
  root text;
  leaf record;
begin
  foreach root in array array['task', 'finished', 'attempt', 'output'] loop
    create temp table leaves on commit drop as
      select oid::regclass as name, pg_get_expr(relpartbound, oid) as bound
      from pg_class join pg_inherits on inhrelid = oid
      where inhparent = root::regclass;
    for leaf in select * from leaves loop
      execute format('alter table %I detach partition %s', root, leaf.name);
    end loop;
    execute format('alter table %I drop constraint %I', root, root || '_pkey');
    for leaf in select * from leaves loop
      execute format('alter table %I attach partition %s %s', root, leaf.name, leaf.bound);
    end loop;
    drop table leaves;
  end loop;
end
$$;

-- Makes the leaf of one class, unless it is there. `day_part` is a day of `root`.
create function make_leaf(root text, day_part text, class integer) returns void
  language plpgsql as
$$
declare
  leaf text := day_part || '_' || class;
begin
  if to_regclass(leaf) is not null then
    return;
  end if;
  execute format(
    'create table %I (like %I including defaults including constraints, primary key (%s))',
    leaf, day_part,
    case root when 'task' then 'id' when 'finished' then 'task_id'
      when 'attempt' then 'task_id, number' else 'task_id, attempt, seq' end);
  execute format('alter table %I attach partition %I for values in (%s)', day_part, leaf, class);
end
$$;

-- Makes the partitions of `days` days from `first_day` on, each with leaves for the classes in use.
-- What fell into the default partition for lack of them is moved over.
create or replace function make_partitions(first_day date, days integer) returns void
  language plpgsql as
$$
declare
  root text;
  key text;
  day_part text;
  day date;
  class integer;
begin
  -- Several servers may start at once.
  perform pg_advisory_xact_lock(hashtext('mayfly.make_partitions'));
  foreach root in array array['task', 'finished', 'attempt', 'output'] loop
    key := case root when 'task' then 'id' else 'task_id' end;
    for day in select first_day + n from generate_series(0, days - 1) as n loop
      day_part := root || to_char(day, '_YYYYMMDD');
      continue when to_regclass(day_part) is not null;
      execute format(
        'create table %I (like %I including defaults including constraints)
         partition by list ((get_byte(uuid_send(%I), 15) & 15))', day_part, root, key);
      for class in execute format(
        'select 0 union select retention_class from queue where retention_class is not null
         union select class_of(%1$I) from %2$I where %1$I >= first_id_of($1) and %1$I < first_id_of($1 + 1)',
        key, root || '_default') using day
      loop
        perform make_leaf(root, day_part, class);
      end loop;
      execute format(
        'with moved as (delete from %I where %I >= first_id_of(%L) and %I < first_id_of(%L) returning *)
         insert into %I select * from moved',
        root || '_default', key, day, key, day + 1, day_part);
      execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        root, day_part, first_id_of(day), first_id_of(day + 1));
    end loop;
  end loop;
end
$$;

-- Leaves by name: the day, and the class unless it is a plain one.
create view leaf as
select substr(relname, 6) as name, to_date(substr(relname, 6, 8), 'YYYYMMDD') as day,
  nullif(substr(relname, 15), '')::integer as class
from pg_class
where relnamespace = (select relnamespace from pg_class where oid = 'task'::regclass)
  and relkind = 'r' and relname ~ '^task_[0-9]{8}(_[0-9]{1,2})?$';

-- The class of a retention, with leaves for it in all days that ids may still be made for. Null when
-- all classes are taken. A class is free when no queue has it and none of its leaves is left.
create function take_retention_class(wanted_ms bigint) returns smallint
  language plpgsql as
$$
declare
  taken smallint;
  day_part record;
begin
  perform pg_advisory_xact_lock(hashtext('mayfly.make_partitions'));
  select class into taken from retention_class where retention_ms = wanted_ms;
  if taken is null then
    delete from retention_class where not exists (
      select from queue where queue.retention_class = retention_class.class
    ) and not exists (select from leaf where leaf.class = retention_class.class);
    insert into retention_class (class, retention_ms)
    select free.class, wanted_ms from generate_series(1, 15) as free (class)
    where not exists (select from retention_class as known where known.class = free.class)
      and not exists (select from leaf where leaf.class = free.class)
    order by free.class limit 1
    returning retention_class.class into taken;
  end if;
  if taken is null then
    return null;
  end if;
  -- From yesterday on: the clock of a server may be behind.
  for day_part in
    select root, part.relname
    from unnest(array['task', 'finished', 'attempt', 'output']) as root
    join pg_inherits on inhparent = root::regclass
    join pg_class as part on part.oid = inhrelid and part.relkind = 'p'
    where to_date(right(part.relname, 8), 'YYYYMMDD') >= (now() at time zone 'UTC')::date - 1
    order by root, part.relname
  loop
    perform make_leaf(day_part.root, day_part.relname, taken);
  end loop;
  return taken;
end
$$;

-- Tasks with ids in a range, and of a class unless it is null, that have not finished. Of each lane
-- and priority `most` at most.
create function unfinished_in(first uuid, beyond uuid, of_class integer, most integer)
  returns setof uuid
  language sql stable
  set enable_seqscan = off
begin atomic
  select waiting.task_id
  from lane
  cross join lateral (
    -- The priorities that tasks of the lane have, from index entry to index entry.
    with recursive step (priority) as (
      select max(ready.priority) from ready where ready.lane_id = lane.id
      union all
      select (
        select max(ready.priority) from ready
        where ready.lane_id = lane.id and ready.priority < step.priority
      ) from step where step.priority is not null
    )
    select step.priority from step where step.priority is not null
  ) as place
  cross join lateral (
    select ready.task_id from ready
    where ready.lane_id = lane.id and ready.priority = place.priority
      and ready.task_id >= first and ready.task_id < beyond
      and (of_class is null or class_of(ready.task_id) = of_class)
    limit most
  ) as waiting
  union all
  select scheduled.task_id from scheduled
  where scheduled.task_id >= first and scheduled.task_id < beyond
    and (of_class is null or class_of(scheduled.task_id) = of_class)
  union all
  select running.task_id from running
  where running.task_id >= first and running.task_id < beyond
    and (of_class is null or class_of(running.task_id) = of_class);
end;

-- Ends one leaf: drops it when all its tasks have finished longer ago than the retention. When only
-- few have not (up to `most` tasks and `most_bytes`), it is written anew with them alone.
--
-- What holds it back is looked for twice. First without locks, so that a leaf that must stay is in
-- nobody's way. Then nothing may finish in this leaf, nor leave it by a retry (the share lock), while
-- the long look goes over what has finished; and last, with nobody else at the leaf, the short look
-- at what has not finished. Who cannot get a lock soon fails with lock_not_available, changes nothing
-- and lets the others go on: a lock that is waited for holds up all who come after it.
create function end_leaf(leaf_name text, retention_ms bigint, most integer, most_bytes bigint)
  returns table (outcome text, gone bigint, kept bigint)
  language plpgsql volatile
  set enable_seqscan = on
as
$$
declare
  roots constant text[] := array['task', 'finished', 'attempt', 'output'];
  of_day constant date := to_date(left(leaf_name, 8), 'YYYYMMDD');
  of_class constant integer := nullif(substr(leaf_name, 10), '')::integer;
  cutoff constant timestamptz := now() - retention_ms * interval '1 ms';
  finished_leaf constant text := 'finished_' || leaf_name;
  -- With its last leaf a day goes, too.
  whole text := leaf_name;
  total bigint;
  bytes bigint;
  late uuid[];
  open uuid[];
  survivors uuid[];
  root text;
  target text;
begin
  perform pg_advisory_xact_lock(hashtext('mayfly.make_partitions'));
  if to_regclass(finished_leaf) is null then
    return query select 'kept', 0::bigint, 0::bigint;
    return;
  end if;
  for round in 1..2 loop
    if round = 2 then
      execute format('lock table %I in share mode', finished_leaf);
    end if;
    execute format('select count(*), (array_agg(task_id) filter (where finished_at > $1))[:$2]
      from %I', finished_leaf) into total, late using cutoff, most + 1;
    open := array(select unfinished_in(first_id_of(of_day), first_id_of(of_day + 1), of_class, most + 1));
    survivors := coalesce(late, '{}') || open;
    if cardinality(survivors) > most
      or cardinality(survivors) > 0 and total = coalesce(cardinality(late), 0) then
      return query select 'kept', 0::bigint, cardinality(survivors)::bigint;
      return;
    end if;
  end loop;

  if cardinality(survivors) > 0 then
    execute format('select coalesce(sum(octet_length(data)), 0)
      + (select coalesce(sum(octet_length(params)), 0) from %I where id = any ($1))
      from %I where task_id = any ($1)', 'task_' || leaf_name, 'output_' || leaf_name)
      into bytes using survivors;
    if bytes > most_bytes then
      return query select 'kept', 0::bigint, cardinality(survivors)::bigint;
      return;
    end if;
  elsif of_class is not null and (select count(*) from leaf where day = of_day) = 1 then
    whole := left(leaf_name, 8);
  end if;

  foreach root in array roots loop
    if cardinality(survivors) = 0 then
      if whole = left(leaf_name, 8) then
        execute format('lock table only %I in access exclusive mode', root);
      end if;
      if of_class is not null then
        execute format('lock table only %I in access exclusive mode', root || '_' || left(leaf_name, 8));
      end if;
    end if;
    execute format('lock table %I in access exclusive mode', root || '_' || leaf_name);
  end loop;
  open := array(select unfinished_in(first_id_of(of_day), first_id_of(of_day + 1), of_class, most + 1));
  survivors := coalesce(late, '{}') || open;
  if cardinality(survivors) > most then
    return query select 'kept', 0::bigint, cardinality(survivors)::bigint;
    return;
  end if;

  insert into dropped_leaf (name) values (leaf_name) on conflict (name) do nothing;
  foreach root in array roots loop
    target := root || '_' || leaf_name;
    if cardinality(survivors) = 0 then
      execute format('drop table %I', root || '_' || whole);
    else
      execute format('create temp table leaf_rest on commit drop as select * from %I where %I = any ($1)',
        target, case root when 'task' then 'id' else 'task_id' end) using survivors;
      execute format('truncate %I', target);
      execute format('insert into %I select * from leaf_rest', target);
      drop table leaf_rest;
    end if;
  end loop;
  return query select case cardinality(survivors) when 0 then 'dropped' else 'rewritten' end,
    total - coalesce(cardinality(late), 0), cardinality(survivors)::bigint;
end
$$;

-- Deletes up to `most` rows of tasks of dropped leaves from each table that is not cut into days.
-- Returns false when there was nothing more to delete.
create function sweep_dropped(most integer) returns boolean
  language plpgsql volatile as
$$
declare
  swept record;
  of_day date;
  of_class integer;
  webhooks bigint;
  limits bigint;
begin
  select name into swept from dropped_leaf order by dropped_at limit 1 for update skip locked;
  if not found then
    return false;
  end if;
  of_day := to_date(left(swept.name, 8), 'YYYYMMDD');
  of_class := nullif(substr(swept.name, 10), '')::integer;
  delete from webhook where task_id in (
    select found.task_id from webhook as found
    where found.task_id >= first_id_of(of_day) and found.task_id < first_id_of(of_day + 1)
      and (of_class is null or class_of(found.task_id) = of_class)
      and not exists (select from task where task.id = found.task_id)
    limit most
  );
  get diagnostics webhooks = row_count;
  delete from wait_limit where task_id in (
    select found.task_id from wait_limit as found
    where found.task_id >= first_id_of(of_day) and found.task_id < first_id_of(of_day + 1)
      and (of_class is null or class_of(found.task_id) = of_class)
      and not exists (select from task where task.id = found.task_id)
    limit most
  );
  get diagnostics limits = row_count;
  if webhooks < most and limits < most then
    delete from dropped_leaf where name = swept.name;
  end if;
  return true;
end
$$;
