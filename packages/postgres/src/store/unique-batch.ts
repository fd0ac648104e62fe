import type { NewTask, StoredUniqueBatch, UniqueBatch } from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';
import { lockPredecessors, PredecessorMoves, unknownPredecessors } from './link-tasks.ts';
import { storeTasks } from './store-tasks.ts';
import { takeUniqueKeys } from './unique-keys.ts';

type Run = Database['run'];

/** Thrown inside the transaction to leave nothing of it, the keys included. */
export class UniqueBatchRefused extends Error {
  readonly answer: StoredUniqueBatch;

  constructor(answer: StoredUniqueBatch) {
    super(`the batch is ${answer.kind}`);
    this.answer = answer;
  }
}

/**
 * Stores the items whose keys are free. Tasks that hold the keys of the others stand in for them, also
 * as predecessors.
 *
 * @throws UniqueBatchRefused or PredecessorMoves
 */
export async function insertUniqueBatch(
  run: Run,
  batch: UniqueBatch,
  slot: number,
): Promise<{ stored: StoredUniqueBatch; released: Row[] }> {
  const holders = await takeUniqueKeys(run, batch.units);
  const held = batch.units.flatMap((unit) => {
    const holderId = holders.get(unit) as string;
    return holderId === unit.task.id ? [] : [{ unit, taskId: unit.task.id, holderId }];
  });
  const strict = held.filter(({ unit }) => batch.strict.includes(unit));
  if (strict.length > 0) throw new UniqueBatchRefused({ kind: 'held', held: strict });
  const standIns = new Map(held.map(({ taskId, holderId }) => [taskId, holderId]));
  const tasks = batch.tasks
    .filter((task) => !standIns.has(task.id))
    .map((task) => withStandIns(task, standIns));
  const taskIds = batch.tasks.map(({ id }) => standIns.get(id) ?? id);
  if (tasks.length === 0)
    return { stored: { kind: 'stored', createdAt: null, taskIds }, released: [] };
  const unit = { tasks, idempotency: null, seesAll: batch.seesAll };
  const known = await lockPredecessors(run, [unit]);
  const unknown = unknownPredecessors(unit, known);
  const gone = unknown.find((id) => taskIds.includes(id));
  // Deleted since we have looked at its key, which is free by that: look again.
  if (gone !== undefined) throw new PredecessorMoves(gone);
  if (unknown.length > 0) throw new UniqueBatchRefused({ kind: 'refused', unknown });
  const { createdAt, released } = await storeTasks(run, [unit], known, slot);
  return { stored: { kind: 'stored', createdAt, taskIds }, released };
}

function withStandIns(task: NewTask, standIns: Map<string, string>): NewTask {
  return { ...task, after: [...new Set(task.after.map((id) => standIns.get(id) ?? id))] };
}
