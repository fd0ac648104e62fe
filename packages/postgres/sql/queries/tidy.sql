-- Drops what has no further use, and folds the counts of past days into one row each.
with old_keys as (
  delete from idempotency_key where created_at < now() - interval '1 day'
), old_workers as (
  delete from worker where lease_until < now() - interval '30 days'
), old_starts as (
  delete from queue_start where not exists (
    select from queue where queue.name = queue_start.queue and queue_start.started_at
      > now() - greatest(queue.rate_per_ms, queue.key_rate_per_ms) * interval '1 ms'
  )
), old_holds as (
  delete from unique_key where held_until < now() and (
    exists (select from finished where finished.task_id = unique_key.task_id)
    or not exists (select from task where task.id = unique_key.task_id)
  )
), old_deliveries as (
  delete from webhook_delivery where created_at < now() - interval '30 days'
), old_counts as (
  delete from tally where day < current_date - 1 and slot >= 0
  returning day, lane_id, event, count
)
insert into tally (day, lane_id, event, slot, count)
select day, lane_id, event, -1, sum(count) from old_counts group by day, lane_id, event
on conflict (day, lane_id, event, slot) do update set count = tally.count + excluded.count
