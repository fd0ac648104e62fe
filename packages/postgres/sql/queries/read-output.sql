-- Output from a position on, as much as fits into a budget (one chunk at least).
-- $1 task  $2 attempt  $3 first seq  $4 budget in bytes  $5 most chunks
select attempt, seq, stream, data, at
from (
  select *, sum(length(data)) over (order by attempt, seq) - length(data) as bytes_before
  from (
    select * from output
    where task_id = $1 and (attempt, seq) >= ($2, $3)
    order by attempt, seq
    limit $5
  ) as next_chunks
) as measured
where bytes_before < $4
order by attempt, seq
