import { BATCH_REF, MayflyError, type FieldError } from '@mayfly/contracts';
import type { NewTask } from '../task/new-task.ts';
import { rejectFields } from './prepare.ts';

/** What can be referred to by `#n`: the items of a batch, or null for a single submission. */
type Batch = readonly NewTask[] | null;

/**
 * Puts ids in the place of `#n`. A reference names an earlier item, so a batch cannot hold a cycle.
 *
 * @throws MayflyError `request.invalid`
 */
export function resolveAfter(tasks: readonly NewTask[], batch: Batch): void {
  const errors: FieldError[] = [];
  for (const [index, task] of tasks.entries()) {
    const pointer = batch ? `/tasks/${index}/after` : '/after';
    const seen = new Set<string>();
    for (const [place, text] of task.after.entries()) {
      const found = resolve(text, index, batch);
      if ('detail' in found) errors.push({ pointer: `${pointer}/${place}`, detail: found.detail });
      else if (seen.has(found.id)) {
        errors.push({ pointer: `${pointer}/${place}`, detail: 'is there twice' });
      } else seen.add(found.id);
    }
    task.after = [...seen];
  }
  rejectFields(errors);
}

function resolve(text: string, index: number, batch: Batch): { id: string } | { detail: string } {
  const place = BATCH_REF.exec(text)?.[1];
  if (place === undefined) return { id: text.toLowerCase() };
  if (!batch) return { detail: 'must be the id of a task; #n works only in a batch' };
  if (index === 0) return { detail: 'must be the id of a task; no item comes before the first' };
  const earlier = Number(place) < index ? batch[Number(place)] : undefined;
  if (earlier) return { id: earlier.id };
  return { detail: `must be an earlier item of the batch: #0 to #${index - 1}` };
}

/** For ids in `after` that the store does not know. */
export function unknownDependency(
  tasks: readonly NewTask[],
  unknown: readonly string[],
  batch: Batch,
): MayflyError {
  const errors = tasks.flatMap((task, index) =>
    task.after.flatMap((id, place) => {
      if (!unknown.includes(id)) return [];
      const pointer = `${batch ? `/tasks/${index}` : ''}/after/${place}`;
      return [{ pointer, detail: 'is not a task that you can see' }];
    }),
  );
  return new MayflyError(
    'task.unknown_dependency',
    `Nothing was stored: there is no task ${unknown.slice(0, 5).join(', ')}, or it is not yours to see. ` +
      'Name tasks that exist, or items of the same batch as #0, #1 and so on.',
    { errors },
  );
}
