-- Stores output. A chunk that is there already came twice over a cut connection.
-- $1 task  $2 attempt  $3 seq  $4 stream  $5 data: arrays
insert into output (task_id, attempt, seq, stream, data)
select * from unnest($1::uuid[], $2::integer[], $3::integer[], $4::output_stream[], $5::bytea[])
on conflict do nothing
