import type { TaskEvent } from '@mayfly/contracts';

type Unsubscribe = () => void;

/**
 * Tells those in this process who wait for news of tasks. News of other servers does not come this
 * way, so whoever must not miss a change looks into the store now and then as well.
 */
export class TaskFeed {
  readonly #listeners = new Set<(event: TaskEvent) => void>();
  readonly #watchers = new Map<string, Set<() => void>>();

  /** Every status change and progress from now on. */
  subscribe(listener: (event: TaskEvent) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Anything new of one task: status, progress or output. */
  watch(taskId: string, callback: () => void): Unsubscribe {
    const watchers = this.#watchers.get(taskId) ?? new Set();
    this.#watchers.set(taskId, watchers.add(callback));
    return () => {
      watchers.delete(callback);
      if (watchers.size === 0) this.#watchers.delete(taskId);
    };
  }

  /** Whether anybody would hear of a change. */
  get isWatched(): boolean {
    return this.#listeners.size > 0 || this.#watchers.size > 0;
  }

  /** Publishes one event an item; they are made only when somebody listens. */
  publish<Item extends { taskId: string }>(
    items: readonly Item[],
    toEvent: (item: Item) => TaskEvent,
  ): void {
    if (this.#watchers.size > 0) for (const item of items) this.touch(item.taskId);
    if (this.#listeners.size === 0) return;
    for (const event of items.map(toEvent)) for (const listener of this.#listeners) listener(event);
  }

  /** Wakes those who watch a task. */
  touch(taskId: string): void {
    for (const callback of this.#watchers.get(taskId) ?? []) callback();
  }
}
