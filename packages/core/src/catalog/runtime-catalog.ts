import type { Clock, RuntimeInfo } from '@mayfly/contracts';
import type { WorkerStore } from '../ports/worker-store.ts';

/** A worker that restarts is away for a moment; its runtimes stay on offer for this long. */
const RECENT_MS = 60_000;
const REFRESH_MS = 1000;

/** The languages that workers offer now. */
export class RuntimeCatalog {
  readonly #store: WorkerStore;
  readonly #clock: Clock;
  #runtimes: RuntimeInfo[] = [];
  #byName = new Map<string, RuntimeInfo>();
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor(store: WorkerStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async list(): Promise<RuntimeInfo[]> {
    await this.#refreshIfOld();
    return this.#runtimes;
  }

  /** By name or alias, else undefined. */
  async find(name: string): Promise<RuntimeInfo | undefined> {
    await this.#refreshIfOld();
    return this.#byName.get(name);
  }

  /** A worker has come or gone: look again at the next question. */
  invalidate(): void {
    this.#refreshedAt = Number.NEGATIVE_INFINITY;
  }

  #refreshIfOld(): Promise<void> {
    if (this.#clock.monotonic() - this.#refreshedAt < REFRESH_MS) return Promise.resolve();
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    const runtimes = await this.#store.listRuntimes(RECENT_MS);
    this.#runtimes = runtimes.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#byName = new Map();
    // Names win over aliases, whatever the order.
    for (const runtime of runtimes) {
      for (const alias of runtime.aliases) this.#byName.set(alias, runtime);
    }
    for (const runtime of runtimes) this.#byName.set(runtime.name, runtime);
    this.#refreshedAt = startedAt;
  }
}
