-- None of the keys that were looked at may start a task: the next look begins after them.
-- $1 queue  $2 last key
update queue set turn_key = $2 where name = $1
