-- $1 after this id
select id, queue, type, runtime, keyed from lane where id > $1 order by id
