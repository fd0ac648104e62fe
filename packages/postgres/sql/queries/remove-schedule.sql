-- $1 id  $2 owner or null for all
delete from schedule where id = $1 and ($2::uuid is null or owner = $2) returning id
