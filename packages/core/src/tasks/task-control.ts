import {
  isFinal,
  LIMITS,
  MayflyError,
  type Clock,
  type FieldError,
  type JsonValue,
  type Task,
  type TaskChange,
  type TaskSelection,
  type TaskStatus,
} from '@mayfly/contracts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { certainDeathMs, type Lifetimes } from '../dispatch/lifetimes.ts';
import { toEvent } from '../live/to-event.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { ControlStore, Scope, StoredChange } from '../ports/control-store.ts';
import type { Preparer } from '../submission/prepare.ts';
import { checkLabels, rejectFields } from '../submission/prepare.ts';
import { readScope, writeScope, type Principal } from '../submission/principal.ts';
import { taskNotFound, type TaskQueries } from './task-queries.ts';

interface Parts {
  store: ControlStore;
  queries: TaskQueries;
  preparer: Preparer;
  dispatcher: Dispatcher;
  lanes: LaneCatalog;
  feed: TaskFeed;
  clock: Clock;
  lifetimes: Lifetimes;
  /** Waiting tasks have new due times. */
  onRescheduled(): void;
}

/** What an action on many tasks did. */
export interface ActionCount {
  /** Tasks that the selection found. */
  matched: number;
  /** Tasks that the action changed. */
  changed: number;
  /** More tasks match than one call handles; call again. */
  more: boolean;
}

/** A task can move between our look and our act; this often we look again. */
const TRIES = 20;

const BATCH = 500;

/** Changing tasks: cancel, retry, delete, PATCH. */
export class TaskControl {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Cancels a task. One that waits is cancelled when this resolves; one that runs is told to stop
   * and stays `running` until its death is confirmed.
   *
   * @throws MayflyError `task.not_found` or `task.already_finished`
   */
  async cancel(principal: Principal, id: string): Promise<Task> {
    const scope = writeScope(principal);
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await this.#cancelMany([id], scope)) > 0) return this.#read(principal, id, scope);
      const task = await this.#read(principal, id, scope);
      if (isFinal(task.status)) {
        throw new MayflyError(
          'task.already_finished',
          `The task is ${task.status} already; there is nothing to cancel.`,
          { extra: { currentStatus: task.status } },
        );
      }
    }
    throw new Error(`task ${id} kept moving while it was to be cancelled`);
  }

  /**
   * Sends a finished task back to `pending`. Its attempts are kept. While the last one may still
   * live, because nobody has confirmed its death, the task waits as `scheduled`.
   *
   * @throws MayflyError `task.not_found` or `task.not_retryable`
   */
  async retry(principal: Principal, id: string): Promise<Task> {
    const scope = writeScope(principal);
    if ((await this.#retryMany([id], scope)) > 0) return this.#read(principal, id, scope);
    const { status } = await this.#read(principal, id, scope);
    throw new MayflyError(
      'task.not_retryable',
      `The task is ${status}. Only a finished task can be run again; wait for its end or cancel it.`,
      { extra: { currentStatus: status } },
    );
  }

  /** @throws MayflyError `task.not_found` or `task.not_finished` */
  async remove(principal: Principal, id: string): Promise<void> {
    const scope = writeScope(principal);
    if ((await this.#parts.store.remove([id], scope)).length > 0) return;
    const { status } = await this.#read(principal, id, scope);
    throw new MayflyError(
      'task.not_finished',
      `The task is ${status}. Only a finished task can be deleted; cancel it first.`,
      { extra: { currentStatus: status } },
    );
  }

  /** @throws MayflyError `request.invalid` or `request.bad_query` */
  cancelSelected(principal: Principal, selection: TaskSelection): Promise<ActionCount> {
    const open: TaskStatus[] = ['scheduled', 'pending', 'running'];
    return this.#actOnMany(principal, selection, open, (ids, scope) =>
      this.#cancelMany(ids, scope),
    );
  }

  /** @throws MayflyError `request.invalid` or `request.bad_query` */
  retrySelected(principal: Principal, selection: TaskSelection): Promise<ActionCount> {
    const dead: TaskStatus[] = ['failed', 'expired', 'cancelled'];
    return this.#actOnMany(principal, selection, dead, (ids, scope) => this.#retryMany(ids, scope));
  }

  /**
   * Changes a task while it waits; `ttlMs` also while it runs.
   *
   * @throws MayflyError `request.invalid`, `task.invalid_params`, `task.not_found`,
   *   `task.already_finished` or `task.not_changeable`
   */
  async change(principal: Principal, id: string, change: TaskChange): Promise<Task> {
    const scope = writeScope(principal);
    const task = await this.#read(principal, id, scope);
    await this.#checkChange(task, change);
    const { clock } = this.#parts;
    const askedAt = clock.monotonic();
    const result = await this.#parts.store.change(id, toStored(change), scope);
    switch (result.kind) {
      case 'not-found':
        throw taskNotFound(id);
      case 'refused':
        throw notChangeable(result.status);
      case 'changed':
        if (result.running) {
          // What time is left was read since we have asked.
          const leftMs = result.running.leftMs - (clock.monotonic() - askedAt);
          this.#parts.dispatcher.moveDeadline(result.running, leftMs);
        } else this.#parts.onRescheduled();
        this.#parts.dispatcher.heat(this.#parts.lanes.ids());
        return this.#read(principal, id, scope);
    }
  }

  async #checkChange(task: Task, change: TaskChange): Promise<void> {
    const { preparer } = this.#parts;
    const errors: FieldError[] = [];
    if (Object.keys(change).length === 0) errors.push({ pointer: '', detail: 'must name a field' });
    const ttlMs = change.ttlMs ?? task.ttlMs;
    errors.push(...preparer.checkTtl(ttlMs), ...checkLabels(change.labels ?? {}));
    if ((change.graceMs ?? task.graceMs) > ttlMs) {
      errors.push({ pointer: '/graceMs', detail: 'must not be longer than ttlMs' });
    }
    rejectFields(errors);
    if (change.params === undefined) return;
    const runtime = await preparer.checkParams(
      task.type,
      change.params as JsonValue,
      '/params',
      '',
    );
    const before = await preparer.checkParams(task.type, task.params, '/params', '');
    if (runtime !== before) {
      rejectFields([{ pointer: '/params/runtime', detail: 'cannot change; submit a new task' }]);
    }
  }

  /** A key that may write but not read still gets the task that it has just changed. */
  async #read(principal: Principal, id: string, scope: Scope): Promise<Task> {
    const widest = scope.owner === null ? scope : readScope(principal);
    const task = await this.#parts.queries.find(id, widest);
    if (!task) throw taskNotFound(id);
    if (scope.owner !== null && task.owner !== scope.owner) {
      throw new MayflyError(
        'auth.missing_claim',
        'The task belongs to somebody else. Only its owner and admins can change it.',
      );
    }
    return task;
  }

  async #actOnMany(
    principal: Principal,
    selection: TaskSelection,
    statuses: TaskStatus[],
    act: (ids: string[], scope: Scope) => Promise<number>,
  ): Promise<ActionCount> {
    const scope = writeScope(principal);
    if (selection.ids) {
      if (selection.filter)
        rejectFields([{ pointer: '/filter', detail: 'give ids or filter, not both' }]);
      const changed = await act(selection.ids, scope);
      return { matched: selection.ids.length, changed, more: false };
    }
    if (!selection.filter) rejectFields([{ pointer: '', detail: 'must have ids or filter' }]);
    const filter = { ...selection.filter, status: selection.filter?.status ?? statuses };
    const count = { matched: 0, changed: 0, more: false };
    for (let after: string | null = null; ;) {
      const page = await this.#parts.queries.page(filter, scope, { after, limit: BATCH });
      count.matched += page.items.length;
      if (page.items.length > 0)
        count.changed += await act(
          page.items.map((task) => task.id),
          scope,
        );
      after = page.nextAfter;
      if (after === null) return count;
      if (count.matched >= LIMITS.filterActionTasksMax) return { ...count, more: true };
    }
  }

  async #cancelMany(ids: string[], scope: Scope): Promise<number> {
    const { cancelled, stopping } = await this.#parts.store.cancel(ids, scope);
    this.#parts.dispatcher.stop(stopping);
    await this.publish(cancelled);
    return cancelled.length + stopping.length;
  }

  async #retryMany(ids: string[], scope: Scope): Promise<number> {
    const { store, lifetimes } = this.#parts;
    const retried = await store.retry(ids, scope, certainDeathMs(lifetimes));
    if (retried.length === 0) return 0;
    this.#parts.dispatcher.heat(this.#parts.lanes.ids());
    await this.publish(retried);
    return retried.length;
  }

  /** Tells those who watch how tasks stand. */
  async publish(ids: string[]): Promise<void> {
    const { feed, queries, clock } = this.#parts;
    if (ids.length === 0 || !feed.isWatched) return;
    const at = new Date(clock.now()).toISOString();
    const tasks = await queries.findMany(ids);
    feed.publish(
      tasks.map((task) => ({ taskId: task.id, task })),
      ({ task }) => toEvent(task, at),
    );
  }
}

function toStored(change: TaskChange): StoredChange {
  const { params, runAt, ...rest } = change;
  return {
    ...(Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as StoredChange),
    ...(params === undefined ? {} : { paramsJson: JSON.stringify(params) }),
    ...(runAt === undefined ? {} : { runAt: new Date(runAt) }),
  };
}

function notChangeable(status: TaskStatus): MayflyError {
  if (isFinal(status)) {
    return new MayflyError(
      'task.already_finished',
      `The task is ${status}. A finished task cannot be changed; submit a new one.`,
      { extra: { currentStatus: status } },
    );
  }
  return new MayflyError(
    'task.not_changeable',
    `The task is ${status}. While it runs only ttlMs can be changed.`,
    { extra: { currentStatus: status } },
  );
}
