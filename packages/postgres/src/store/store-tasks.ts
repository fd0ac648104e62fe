import type { NewTask, SubmissionUnit } from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';
import { linkTasks, waits, type Predecessors } from './link-tasks.ts';

type Run = Database['run'];
type Unit = Pick<SubmissionUnit, 'tasks'>;

/** Stores tasks of checked units inside a transaction. @returns rows of tasks that were released */
export async function storeTasks(
  run: Run,
  units: Unit[],
  known: Predecessors,
  slot: number,
): Promise<{ createdAt: Date; released: Row[] }> {
  const createdAt = await insertTasks(run, units, slot);
  const tasks = units.flatMap((unit) => unit.tasks);
  const told = tasks.filter((task) => task.webhook !== null);
  if (told.length > 0) {
    await run(
      'insert-webhooks',
      columns<NewTask>(
        told,
        (task) => task.id,
        (task) => task.webhook?.url,
        (task) => `{${task.webhook?.events.join(',')}}`,
      ),
    );
  }
  return { createdAt, released: await linkTasks(run, tasks, known, slot) };
}

/** Stores tasks that have no more than their own row. */
export async function insertTasks(run: Run, units: Unit[], slot: number): Promise<Date> {
  const tasks = units.flatMap((unit) => unit.tasks);
  const values = columns<NewTask>(
    tasks,
    (task) => task.id,
    (task) => task.laneId,
    (task) => task.priority,
    (task) => task.ttlMs,
    (task) => task.graceMs,
    (task) => task.queueTtlMs,
    (task) => task.totalTtlMs,
    (task) => (waits(task) ? 'infinity' : (task.runAt?.toISOString() ?? null)),
    (task) => (waits(task) ? null : task.delayMs),
    (task) => task.owner,
    (task) => task.description,
    (task) => (Object.keys(task.labels).length > 0 ? JSON.stringify(task.labels) : null),
    (task) => (task.retry ? JSON.stringify(task.retry) : null),
    (task) => task.paramsJson,
    (task) => task.concurrencyKey,
  );
  const [row] = await run('insert-tasks', [...values, slot]);
  return row?.['created_at'] as Date;
}
