-- Takes deliveries that are due; another server may take them again when the lease is over.
-- $1 limit  $2 lease ms
update webhook_delivery set
  next_at = now() + $2::float8 * interval '1 ms', attempts = attempts + 1, last_tried_at = now()
where id = any (array(
  select id from webhook_delivery where next_at <= now()
  order by next_at limit $1 for update skip locked
))
returning id, task_id, url, event, attempts, created_at
