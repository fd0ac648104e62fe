import type { Clock, Log } from '@mayfly/contracts';
import type { RetentionStore } from '../ports/retention-store.ts';

interface Parts {
  store: RetentionStore;
  clock: Clock;
  log: Log;
  /** How long finished tasks are kept whose queue does not say. */
  retentionMs: number;
}

const LOOK_MS = 60 * 60 * 1000;

/** When a leaf was in use, or the database away. */
const LOOK_AGAIN_MS = 60 * 1000;

/**
 * Drops finished tasks that were kept long enough, a leaf at a time. A look can take long when there
 * is much to read, so it goes on beside the rounds of the keeper, one at a time.
 */
export class Retention {
  readonly #parts: Parts;
  #dueAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins a look when one is due; for the keeper that leads. Resolves when no look is under way. */
  async round(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#stopped || this.#looking || clock.monotonic() < this.#dueAt) return this.#looking;
    this.#looking = this.#lookSafely().then((done) => {
      this.#dueAt = clock.monotonic() + (done ? LOOK_MS : LOOK_AGAIN_MS);
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Ends after the leaf that is being dropped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  /** @returns false when it is to look again soon */
  async #look(): Promise<boolean> {
    const { store, retentionMs } = this.#parts;
    let done = true;
    for (const leaf of await store.listDue(retentionMs)) {
      if (this.#stopped) return true;
      const end = await store.end(leaf);
      if (end === null) done = false;
      else this.#tell(leaf.name, end);
    }
    while (!this.#stopped && (await this.#removeStrays()));
    while (!this.#stopped && (await store.sweep()));
    return done;
  }

  async #lookSafely(): Promise<boolean> {
    try {
      return await this.#look();
    } catch (error) {
      this.#parts.log.warn({ error }, 'finished tasks could not be dropped now');
      return false;
    }
  }

  #tell(leaf: string, end: { outcome: string; gone: number; kept: number }): void {
    if (end.outcome === 'kept') return;
    this.#parts.log.info({ leaf, ...end }, 'finished tasks are past their retention and gone');
  }

  async #removeStrays(): Promise<boolean> {
    const gone = await this.#parts.store.removeStrays(this.#parts.retentionMs);
    if (gone.length > 0) this.#tell('default', { outcome: 'deleted', gone: gone.length, kept: 0 });
    return gone.length > 0;
  }
}
