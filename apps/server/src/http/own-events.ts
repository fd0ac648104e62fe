import { isFinal, type TaskEvent } from '@mayfly/contracts';
import type { TaskReader } from '@mayfly/core';

/** Lets through only events of tasks that belong to one owner. */
export class OwnEvents {
  readonly #reader: TaskReader;
  readonly #owner: string;
  /** Tasks that were looked up and are not over yet. */
  readonly #known = new Map<string, boolean>();

  constructor(reader: TaskReader, owner: string) {
    this.#reader = reader;
    this.#owner = owner;
  }

  async filter(events: TaskEvent[]): Promise<TaskEvent[]> {
    const unknown = events.map((event) => event.id).filter((id) => !this.#known.has(id));
    if (unknown.length > 0) {
      const own = await this.#reader.getMany([...new Set(unknown)], { owner: this.#owner });
      const ids = new Set(own.map((task) => task.id));
      for (const id of unknown) this.#known.set(id, ids.has(id));
    }
    const visible = events.filter((event) => this.#known.get(event.id));
    for (const event of events) if (isFinal(event.status)) this.#known.delete(event.id);
    return visible;
  }
}
