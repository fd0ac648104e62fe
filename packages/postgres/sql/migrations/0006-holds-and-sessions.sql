-- A task that runs again although nobody has confirmed the death of its last attempt is held until
-- the lease must have ended that one. `free_at` is when it would be due otherwise, so `due_at` is the
-- later of the two.
alter table scheduled add column held_until timestamptz;
alter table scheduled add column free_at timestamptz;
alter table scheduled add check ((held_until is null) = (free_at is null));
alter table scheduled add check (due_at = greatest(free_at, held_until) or held_until is null);

-- Counts the connections of a worker. Only for the latest one tasks are claimed, on whatever server
-- it is.
alter table worker add column session integer not null default 1;
