import type { Leaf, LeafEnd, RetentionStore } from '@mayfly/core';
import type { Database } from '../sql/database.ts';

/** A leaf with more tasks that must stay is left as it is. */
const SURVIVORS_MAX = 10_000;
const SURVIVOR_BYTES_MAX = 256 * 1024 * 1024;

/** Rows of one statement that deletes. */
const BATCH = 1000;

/** Less than the patience of deadlock detection (1 s), so that who drops always gives way first. */
const LOCK_TIMEOUT_MS = 100;

const LOCK_NOT_AVAILABLE = '55P03';

export class PostgresRetentionStore implements RetentionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async listDue(defaultMs: number): Promise<Leaf[]> {
    const rows = await this.#database.run('list-due-leaves', [defaultMs]);
    return rows.map((row) => ({
      name: row['name'] as string,
      retentionMs: row['retention_ms'] as number,
    }));
  }

  async end({ name, retentionMs }: Leaf): Promise<LeafEnd | null> {
    const values = [name, retentionMs, SURVIVORS_MAX, SURVIVOR_BYTES_MAX];
    try {
      return await this.#database.transaction(async (run) => {
        await run('limit-lock-wait', [String(LOCK_TIMEOUT_MS)]);
        const [row] = await run('end-leaf', values);
        return row as unknown as LeafEnd;
      });
    } catch (error) {
      if ((error as { code?: unknown }).code === LOCK_NOT_AVAILABLE) return null;
      throw error;
    }
  }

  removeStrays(defaultMs: number): Promise<string[]> {
    return this.#database.transaction(async (run) => {
      const rows = await run('lock-strays', [defaultMs, BATCH]);
      const ids = rows.map((row) => row['task_id'] as string);
      if (ids.length > 0) await run('remove', [ids, null]);
      return ids;
    });
  }

  async sweep(): Promise<boolean> {
    const [row] = await this.#database.run('sweep-dropped', [BATCH]);
    return row?.['more'] === true;
  }
}
