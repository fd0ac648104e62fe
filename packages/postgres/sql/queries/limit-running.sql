-- What runs in a queue that gets controls counts against them, too. $1 queue
update running set limited = true, key = task.concurrency_key
from lane, task
where lane.queue = $1 and running.lane_id = lane.id and not running.limited
  and task.id = running.task_id
