import {
  isFinal,
  MayflyError,
  type Attempt,
  type Task,
  type TaskFilter,
  type TaskPage,
} from '@mayfly/contracts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { Scope } from '../ports/control-store.ts';
import type { TaskQuery, TaskReader } from '../ports/task-reader.ts';
import { readScope, type Principal } from '../submission/principal.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** Reading tasks, each principal within what it may see. */
export class TaskQueries {
  readonly #reader: TaskReader;
  readonly #lanes: LaneCatalog;

  constructor(reader: TaskReader, lanes: LaneCatalog) {
    this.#reader = reader;
    this.#lanes = lanes;
  }

  /** @throws MayflyError `task.not_found`, also for a task of somebody else */
  async get(principal: Principal, id: string): Promise<Task> {
    const task = await this.#reader.get(id, readScope(principal));
    if (!task) throw taskNotFound(id);
    return task;
  }

  find(id: string, scope: Scope): Promise<Task | null> {
    return this.#reader.get(id, scope);
  }

  findMany(ids: string[]): Promise<Task[]> {
    return this.#reader.getMany(ids, { owner: null });
  }

  /** @throws MayflyError `task.not_found` or `task.not_finished` */
  async result(principal: Principal, id: string): Promise<Task> {
    const task = await this.get(principal, id);
    if (isFinal(task.status)) return task;
    throw new MayflyError(
      'task.not_finished',
      `The task is ${task.status}. Ask again when it has finished, or wait for it with ?waitMs=.`,
      { extra: { currentStatus: task.status } },
    );
  }

  /** @throws MayflyError `task.not_found` */
  async attempts(principal: Principal, id: string): Promise<Attempt[]> {
    const attempts = await this.#reader.attempts(id, readScope(principal));
    if (!attempts) throw taskNotFound(id);
    return attempts;
  }

  /** @throws MayflyError `request.bad_cursor` or `request.bad_query` */
  async list(
    principal: Principal,
    filter: TaskFilter,
    page: { cursor: string | undefined; limit: number },
  ): Promise<TaskPage> {
    const after = page.cursor === undefined ? null : decodeCursor(page.cursor);
    const found = await this.page(filter, readScope(principal), { after, limit: page.limit });
    return {
      items: found.items,
      nextCursor: found.nextAfter === null ? null : encodeCursor(found.nextAfter),
    };
  }

  async page(
    filter: TaskFilter,
    scope: Scope,
    page: { after: string | null; limit: number },
  ): Promise<{ items: Task[]; nextAfter: string | null }> {
    const query = await this.#toQuery(filter);
    if (query.laneIds?.length === 0) return { items: [], nextAfter: null };
    return this.#reader.list(query, scope, page);
  }

  async #toQuery(filter: TaskFilter): Promise<TaskQuery> {
    return {
      status: filter.status ?? null,
      laneIds: await this.#lanesOf(filter),
      labels: parseLabels(filter.label ?? []),
      createdAfter: filter.createdAfter === undefined ? null : new Date(filter.createdAfter),
      createdBefore: filter.createdBefore === undefined ? null : new Date(filter.createdBefore),
      search: filter.q ?? null,
    };
  }

  async #lanesOf({ type, queue }: TaskFilter): Promise<number[] | null> {
    if (type === undefined && queue === undefined) return null;
    await this.#lanes.refresh();
    return [...this.#lanes.all()]
      .filter((lane) => type === undefined || lane.type === type)
      .filter((lane) => queue === undefined || lane.queue === queue)
      .map((lane) => lane.id);
  }
}

export function taskNotFound(id: string): MayflyError {
  return new MayflyError('task.not_found', `There is no task ${id}, or it is not yours to see.`);
}

function parseLabels(labels: string[]): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const label of labels) {
    const colon = label.indexOf(':');
    if (colon < 1) {
      throw new MayflyError('request.bad_query', 'Write a label filter as label=key:value.', {
        errors: [{ pointer: 'label', detail: 'must have the form key:value' }],
      });
    }
    parsed[label.slice(0, colon)] = label.slice(colon + 1);
  }
  return parsed;
}
