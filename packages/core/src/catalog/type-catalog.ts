import { MayflyError, type Clock, type TaskType } from '@mayfly/contracts';
import type { WorkerStore } from '../ports/worker-store.ts';
import { compileParamsCheck, type ParamsCheck } from './params-check.ts';

interface KnownType {
  type: TaskType;
  check: ParamsCheck;
  /** To see whether a schema is the one that was compiled. */
  text: string;
}

/** How often an unknown name may make us look into the store for what other servers learnt. */
const REFRESH_MS = 1000;

/** The task types that are known, with their compiled checks. */
export class TypeCatalog {
  readonly #store: WorkerStore;
  readonly #clock: Clock;
  readonly #types = new Map<string, KnownType>();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(store: WorkerStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async refresh(): Promise<void> {
    this.#refreshedAt = this.#clock.monotonic();
    for (const type of await this.#store.listTypes()) this.#learn(type);
  }

  /**
   * Makes types known, here and to other servers.
   *
   * @throws MayflyError `worker.rejected` when a schema does not compile
   */
  async add(types: TaskType[]): Promise<void> {
    const fresh = types.filter((type) => this.#types.get(type.name)?.text !== JSON.stringify(type));
    if (fresh.length === 0) return;
    for (const type of fresh) this.#learn(type);
    await this.#store.saveTypes(fresh);
  }

  list(): TaskType[] {
    return [...this.#types.values()]
      .map((known) => known.type)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The check of a known type, else undefined. */
  check(name: string): ParamsCheck | undefined {
    return this.#types.get(name)?.check;
  }

  /** Looks into the store for a name that is not known here. */
  async lookUp(name: string): Promise<void> {
    if (this.#types.has(name)) return;
    if (this.#clock.monotonic() - this.#refreshedAt < REFRESH_MS) return;
    await this.refresh();
  }

  #learn(type: TaskType): void {
    const text = JSON.stringify(type);
    if (this.#types.get(type.name)?.text === text) return;
    try {
      this.#types.set(type.name, { type, text, check: compileParamsCheck(type.paramsSchema) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MayflyError(
        'worker.rejected',
        `The params schema of the type ${type.name} cannot be used: ${reason}.`,
        { cause: error },
      );
    }
  }
}
