import type { NewTask, SubmissionUnit } from '@mayfly/core';
import { columns } from '../sql/columns.ts';
import type { Database, Row } from '../sql/database.ts';

type Run = Database['run'];

/** Thrown inside a transaction to leave it: a predecessor is on its way from one place to another. */
export class PredecessorMoves extends Error {
  readonly taskId: string;

  constructor(taskId: string) {
    super(`task ${taskId} is on the move`);
    this.taskId = taskId;
  }
}

/** What became of the tasks that others are to wait for, by id. */
export type Predecessors = Map<string, { owner: string; status: string }>;

export function waits(task: NewTask): boolean {
  return task.after.length > 0;
}

/**
 * Holds the predecessors where they are until the transaction ends.
 *
 * @throws PredecessorMoves when one of them is on the move; start again when it has arrived
 */
export async function lockPredecessors(run: Run, units: SubmissionUnit[]): Promise<Predecessors> {
  const tasks = units.flatMap((unit) => unit.tasks);
  const own = new Set(tasks.map((task) => task.id));
  const ids = new Set(tasks.flatMap((task) => task.after).filter((id) => !own.has(id)));
  if (ids.size === 0) return new Map();
  const rows = await run('lock-predecessors', [[...ids]]);
  const moving = rows.find((row) => row['status'] === null);
  if (moving) throw new PredecessorMoves(moving['task_id'] as string);
  return new Map(
    rows.map((row) => [
      row['task_id'] as string,
      { owner: row['owner'] as string, status: row['status'] as string },
    ]),
  );
}

/** Predecessors that are not there, or not for this submitter to see. */
export function unknownPredecessors(unit: SubmissionUnit, known: Predecessors): string[] {
  const own = new Set(unit.tasks.map((task) => task.id));
  const missing = unit.tasks.flatMap((task) =>
    task.after.filter((id) => {
      const found = known.get(id);
      return !own.has(id) && !(found && (unit.seesAll || found.owner === task.owner));
    }),
  );
  return [...new Set(missing)];
}

/** Makes stored tasks wait. @returns rows of those that need not wait, or will never run */
export async function linkTasks(
  run: Run,
  tasks: NewTask[],
  known: Predecessors,
  slot: number,
): Promise<Row[]> {
  const waiting = tasks.filter(waits);
  if (waiting.length === 0) return [];
  await run(
    'link-tasks',
    columns<NewTask>(
      waiting,
      (task) => task.id,
      (task) => `{${task.after.join(',')}}`,
      (task) => task.afterPolicy,
      (task) => task.runAt?.toISOString() ?? null,
      (task) => task.delayMs,
    ),
  );
  const ended = [...known].filter(([, { status }]) => status !== 'open');
  if (ended.length === 0) return [];
  return run('release-dependents', [
    ended.map(([id]) => id),
    ended.map(([, { status }]) => status),
    slot,
  ]);
}
