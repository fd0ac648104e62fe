-- Queues with a retention of their own.
select name, retention_class as class from queue where retention_class is not null
