import { MayflyError } from '@mayfly/contracts';
import type { Runtime } from './runtime.ts';

/** Runtimes by name and alias. */
export class RuntimeCatalog {
  readonly #byName = new Map<string, Runtime>();
  readonly #names: string[];

  constructor(runtimes: readonly Runtime[]) {
    this.#names = runtimes.map(({ manifest }) => manifest.name);
    for (const runtime of runtimes) {
      for (const name of [runtime.manifest.name, ...runtime.manifest.aliases]) {
        if (this.#byName.has(name)) throw new Error(`Two runtimes are called ${name}.`);
        this.#byName.set(name, runtime);
      }
    }
  }

  /** Throws `task.unknown_runtime` with the list of those that there are. */
  find(name: string): Runtime {
    const runtime = this.#byName.get(name);
    if (runtime !== undefined) return runtime;
    const known = this.#names.length === 0 ? 'none' : this.#names.join(', ');
    throw new MayflyError(
      'task.unknown_runtime',
      `There is no runtime ${name}; there are: ${known}.`,
    );
  }
}
