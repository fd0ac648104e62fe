import type { Task, TaskPage } from '@mayfly/contracts';
import type { ListQuery } from '../answers.ts';

/** Walks over all pages, one at a time. */
export async function* listAll(
  readPage: (query: ListQuery) => Promise<TaskPage>,
  query: ListQuery,
): AsyncGenerator<Task> {
  for (let cursor = query.cursor; ;) {
    const { items, nextCursor } = await readPage({ ...query, cursor });
    yield* items;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}
