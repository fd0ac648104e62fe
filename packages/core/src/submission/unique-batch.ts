import { MayflyError, type FieldError } from '@mayfly/contracts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { StoredUniqueBatch, UniqueBatch, UniqueUnit } from '../ports/submission-store.ts';
import type { NewTask } from '../task/new-task.ts';
import type { CheckedSubmission } from './prepare.ts';

/** What a unique key does not go with. */
export function uniqueConflicts(
  { unique, after }: CheckedSubmission,
  idempotencyKey: string | undefined,
): FieldError[] {
  if (!unique) return [];
  if (idempotencyKey !== undefined) {
    return [{ pointer: '/unique', detail: 'give either unique or the header Idempotency-Key' }];
  }
  return after.length > 0 ? [{ pointer: '/after', detail: 'give either after or unique' }] : [];
}

/** Names the keys of a batch whose tasks were made from these submissions, in the same order. */
export function uniqueBatchOf(
  tasks: NewTask[],
  submissions: CheckedSubmission[],
  { lanes, seesAll }: { lanes: LaneCatalog; seesAll: boolean },
): UniqueBatch {
  const units: UniqueUnit[] = [];
  const strict: UniqueUnit[] = [];
  for (const [index, task] of tasks.entries()) {
    const unique = submissions[index]?.unique;
    if (!unique) continue;
    const unit = { task, type: lanes.get(task.laneId).type, unique };
    units.push(unit);
    if (unique.onConflict === 'reject') strict.push(unit);
  }
  return { tasks, units, strict, seesAll };
}

export function taskNotUnique(holderId: string): MayflyError {
  return new MayflyError(
    'task.not_unique',
    `The task ${holderId} holds this unique key. Wait for its end, or take another key.`,
    { errors: [{ pointer: '/unique/key', detail: 'is held' }], extra: { taskId: holderId } },
  );
}

/** For the items of a batch whose keys are held, by tasks of before or by items before them. */
export function batchNotUnique(
  tasks: readonly NewTask[],
  { held }: Extract<StoredUniqueBatch, { kind: 'held' }>,
): MayflyError {
  const indexOf = (id: string): number => tasks.findIndex((task) => task.id === id);
  const items = held.map(({ taskId }) => indexOf(taskId));
  const errors = held.map(({ taskId, holderId }) => {
    const earlier = indexOf(holderId);
    const holder = earlier < 0 ? `the task ${holderId}` : `item ${earlier} of the batch`;
    return { pointer: `/tasks/${indexOf(taskId)}/unique/key`, detail: `is held by ${holder}` };
  });
  return new MayflyError(
    'task.not_unique',
    `Nothing was stored: the unique key of item ${items.join(', ')} of the batch is held. ` +
      'Wait until it is free, take another key, or leave the item out.',
    { errors, extra: { items } },
  );
}
