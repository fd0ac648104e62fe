-- Drops what has no further use, and folds the counts of past days into one row each.
with old_keys as (
  delete from idempotency_key where created_at < now() - interval '1 day'
), old_workers as (
  delete from worker where lease_until < now() - interval '30 days'
), old_counts as (
  delete from tally where day < current_date - 1 and slot >= 0
  returning day, lane_id, event, count
)
insert into tally (day, lane_id, event, slot, count)
select day, lane_id, event, -1, sum(count) from old_counts group by day, lane_id, event
on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
