-- Whoever holds this lock is the only one who starts tasks of the queue, or changes its controls.
-- $1 queue
select paused, concurrency, key_concurrency, rate_count, rate_per_ms::float8, key_rate_count,
  key_rate_per_ms::float8
from queue where name = $1 and controlled for update
