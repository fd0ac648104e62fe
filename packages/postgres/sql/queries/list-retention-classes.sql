-- The retentions in use.
select retention_ms::float8 from retention_class order by retention_ms
