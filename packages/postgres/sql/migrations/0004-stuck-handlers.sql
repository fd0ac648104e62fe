-- Attempts of a worker that are over while their code runs on: inline handlers deaf to their signal.
alter table worker add column stuck integer not null default 0;
