-- Until when a task waits longer than it would if its last attempt were known to be dead. $1 task
select held_until from scheduled where task_id = $1 and held_until > free_at
