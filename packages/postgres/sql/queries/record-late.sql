-- Notes reports for attempts that have ended already: the confirmed death of a stopped one with
-- what it had printed, or the refusal of a result. Either way its code has ended, so a task that is
-- held for it goes on.
-- $1 task  $2 attempt  $3 worker  $4 outcome  $5 result  $6 stop confirmed ago ms: arrays
with given as (
  select * from unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::attempt_outcome[], $5::text[], $6::integer[]
  ) as given (task_id, attempt, worker_id, outcome, result, stop_confirmed_ago_ms)
), last as (
  update finished set
    stop_confirmed_at = coalesce(
      finished.stop_confirmed_at, now() - given.stop_confirmed_ago_ms * interval '1 ms'),
    result = case
      when given.outcome in ('expired', 'cancelled') and finished.result is null
        and finished.late_result_refused_at is null
      then given.result else finished.result end,
    late_result_refused_at = case
      when given.outcome in ('completed', 'failed') and given.outcome::text <> finished.status::text
      then coalesce(finished.late_result_refused_at, now())
      else finished.late_result_refused_at end
  from given
  where finished.task_id = given.task_id
    and finished.attempt = given.attempt
    and finished.worker_id = given.worker_id
  returning finished.task_id, finished.attempt, finished.status::text as outcome
), past as (
  update attempt set
    stop_confirmed_at = coalesce(
      attempt.stop_confirmed_at, now() - given.stop_confirmed_ago_ms * interval '1 ms'),
    late_result_refused_at = case
      when given.outcome in ('completed', 'failed') and given.outcome <> attempt.outcome
      then coalesce(attempt.late_result_refused_at, now())
      else attempt.late_result_refused_at end
  from given
  where attempt.task_id = given.task_id
    and attempt.number = given.attempt
    and attempt.worker_id = given.worker_id
  returning attempt.task_id, attempt.number as attempt, attempt.outcome::text as outcome,
    given.outcome in ('completed', 'failed') or attempt.stop_confirmed_at is not null as is_over
), freed as (
  update scheduled set due_at = scheduled.free_at, held_until = null, free_at = null
  from past
  where past.is_over and scheduled.task_id = past.task_id and scheduled.attempt = past.attempt
    and scheduled.held_until is not null
)
select task_id, attempt, outcome from last
union all
select task_id, attempt, outcome from past
