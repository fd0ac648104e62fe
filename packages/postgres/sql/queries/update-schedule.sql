-- Changes a schedule that still has its revision.
-- $1 id  $2 revision  $3 name  $4 cron  $5 time zone  $6 every ms  $7 anchor  $8 catch up
-- $9 catch up max  $10 overlap  $11 task  $12 lane  $13 paused  $14 whether the slot moves  $15 to
update schedule set
  name = $3, cron = $4, time_zone = $5, every_ms = $6, anchor_at = coalesce($7, anchor_at),
  catch_up = $8, catch_up_max = $9, overlap = $10, task = $11, lane_id = $12, paused = $13,
  next_at = case when $14::boolean then $15::timestamptz else next_at end,
  revision = revision + 1, updated_at = now()
where id = $1 and revision = $2
returning id
