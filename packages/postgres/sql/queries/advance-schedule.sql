-- Moves a schedule on, if it still stands where it is expected. $1 id  $2 revision  $3 expected
-- $4 next slot or null
update schedule set next_at = $4
where id = $1 and revision = $2 and next_at = $3
returning id
