-- $1 id  $2 owner  $3 name  $4 cron  $5 time zone  $6 every ms  $7 anchor  $8 catch up
-- $9 catch up max  $10 overlap  $11 task  $12 lane  $13 paused  $14 next slot
insert into schedule (
  id, owner, name, cron, time_zone, every_ms, anchor_at, catch_up, catch_up_max, overlap, task,
  lane_id, paused, next_at
)
values ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, now()), $8, $9, $10, $11, $12, $13, $14)
on conflict (owner, name) do nothing
returning id
