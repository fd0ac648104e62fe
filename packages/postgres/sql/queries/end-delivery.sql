-- Notes how a try went. $1 delivery  $2 attempt  $3 delivered  $4 HTTP status  $5 error
-- $6 next try in ms, or null when there is none
update webhook_delivery set
  delivered_at = case when $3::boolean then now() end,
  last_status = $4, last_error = $5, next_at = now() + $6::float8 * interval '1 ms'
where id = $1 and attempts = $2 and delivered_at is null
