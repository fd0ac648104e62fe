-- Locks that this transaction cannot get within $1 milliseconds make it fail.
select set_config('lock_timeout', $1, true)
