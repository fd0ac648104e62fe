-- $1 task  $2 url  $3 events, as array literals: arrays
insert into webhook (task_id, url, events)
select id, url, events::text[] from unnest($1::uuid[], $2::text[], $3::text[]) as given (id, url, events)
