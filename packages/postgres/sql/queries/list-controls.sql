select name, paused, concurrency, key_concurrency, rate_count, rate_per_ms::float8, key_rate_count,
  key_rate_per_ms::float8
from queue where controlled
