-- $1 after this id
select id, queue, type, runtime from lane where id > $1 order by id
