import { withContender } from '../contenders/open-contender.ts';
import { perSecond } from '../statistics.ts';
import { fill, NEW_TASK_ID, withClient } from '../support/fill.ts';
import { meter } from '../support/metered.ts';
import { rateKind, type Ground, type Load } from './load.ts';

export const stuck: Load = {
  name: 'stuck',
  title: 'Backlog beside stuck tasks',
  about:
    'Tasks of two queues wait behind a queue that lets one run at a time, and that one does not end; the clock runs for tasks of no such queue. So are the notes on strategies in the source of graphile-worker. The stuck ones are inserted by SQL. pg-boss fetches queue by queue and has no such case.',
  figures: { rate: rateKind('taken') },
  contenders: ['mayfly', 'graphile-worker'],
  measure: (ground) =>
    withContender(ground, async (contender) => {
      const { stuckTasks, waitingDrained } = ground.sizes;
      await contender.submitOne();
      await STICK[ground.contender === 'mayfly' ? 'mayfly' : 'graphile-worker'](ground, stuckTasks);
      await contender.submitBatch(waitingDrained);
      const warmUp = waitingDrained / 5;
      await contender.work();
      await contender.untilStarted(warmUp);
      const usage = meter(ground, contender);
      const from = performance.now();
      await contender.untilStarted(waitingDrained);
      const rate = perSecond(waitingDrained - warmUp, from);
      return { figures: { rate }, usage: usage.read() };
    }),
};

const STICK = {
  async mayfly({ database }: Ground, count: number): Promise<void> {
    await withClient(database, async (client) => {
      await client.query(`
        insert into mayfly.queue (name, concurrency) values ('stuck_1', 1), ('stuck_2', 1)`);
      await client.query(`
        insert into mayfly.lane (queue, type, runtime)
        values ('stuck_1', 'bench.noop', ''), ('stuck_2', 'bench.noop', '')`);
      // Held for an hour by a worker that is well.
      await client.query(`
        insert into mayfly.worker (id, name, host, pid, version, concurrency, queues, types,
          runtimes, state, lease_until)
        values (gen_random_uuid(), 'held', 'bench', 1, '0', 2, '{}', '{}', '[]', 'online',
          now() + interval '1 hour')`);
      await client.query(`
        with made as (
          insert into mayfly.task (id, lane_id, priority, ttl_ms, grace_ms, owner, params)
          select ${NEW_TASK_ID}, id, 0, 3600000, 0, '01900000-0000-7000-8000-000000000001', '{"n":0}'
          from mayfly.lane where queue like 'stuck%'
          returning id, lane_id
        )
        insert into mayfly.running (task_id, worker_id, lane_id, attempt, failures, lost,
          started_at, deadline_at, limited)
        select made.id, worker.id, made.lane_id, 1, 0, 0, now(), now() + interval '1 hour', true
        from made, mayfly.worker where worker.name = 'held'`);
    });
    await fill(
      database,
      `with made as (
         insert into mayfly.task (id, lane_id, priority, ttl_ms, grace_ms, owner, params)
         select ${NEW_TASK_ID}, lane.id, 0, 60000, 0, '01900000-0000-7000-8000-000000000001', '{"n":0}'
         from mayfly.lane, generate_series(1, $1::integer / 2)
         where lane.queue like 'stuck%'
         returning id, lane_id
       )
       insert into mayfly.ready (lane_id, priority, task_id, attempt, failures, lost)
       select lane_id, 0, id, 0, 0, 0 from made`,
      count,
    );
  },

  async 'graphile-worker'({ database }: Ground, count: number): Promise<void> {
    await withClient(database, (client) =>
      client.query(`
        insert into graphile_worker._private_job_queues (queue_name, locked_at, locked_by)
        values ('stuck_1', now(), 'held'), ('stuck_2', now(), 'held')`),
    );
    await fill(
      database,
      `insert into graphile_worker._private_jobs (task_id, job_queue_id, payload)
       select tasks.id, queues.id, '{"n":0}'
       from graphile_worker._private_tasks as tasks, graphile_worker._private_job_queues as queues,
         generate_series(1, $1::integer / 2)
       where tasks.identifier = 'noop'`,
      count,
    );
  },
};
