import type { ReleasedTask, Releases } from '@mayfly/core';
import type { Row } from '../sql/database.ts';

/** Takes the released tasks out of the answers of statements that end tasks, and tells of them. */
export class ReleaseDesk implements Releases {
  readonly #listeners: ((tasks: ReleasedTask[]) => void)[] = [];

  onReleased(listener: (tasks: ReleasedTask[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells of released tasks among the rows. @returns the other rows */
  sift(rows: Row[]): Row[] {
    const released = rows.filter(isReleased);
    if (released.length === 0) return rows;
    this.tell(released);
    return rows.filter((row) => !isReleased(row));
  }

  /** Call it after the commit. */
  tell(rows: Row[]): void {
    if (rows.length === 0) return;
    const tasks = rows.map((row) => ({
      taskId: row['task_id'] as string,
      laneId: row['released_lane'] as number,
      status: row['released_status'] as ReleasedTask['status'],
    }));
    for (const listener of this.#listeners) listener(tasks);
  }
}

function isReleased(row: Row): boolean {
  return typeof row['released_lane'] === 'number';
}
