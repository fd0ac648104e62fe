import type { Lane, WantedLane, WorkerStore } from '../ports/worker-store.ts';

/** The lanes, in memory. They never change or vanish, so what is here is never wrong. */
export class LaneCatalog {
  readonly #store: WorkerStore;
  readonly #byId = new Map<number, Lane>();
  readonly #byName = new Map<string, Lane>();
  readonly #byQueue = new Map<string, number[]>();
  readonly #making = new Map<string, Promise<Lane>>();
  readonly #onAdded: ((lane: Lane) => void)[] = [];
  #newest = 0;

  constructor(store: WorkerStore) {
    this.#store = store;
  }

  /** Reads lanes that other servers have made since the last time. */
  async refresh(): Promise<void> {
    for (const lane of await this.#store.listLanes(this.#newest)) {
      this.#add(lane);
      this.#newest = Math.max(this.#newest, lane.id);
    }
  }

  onAdded(listener: (lane: Lane) => void): void {
    this.#onAdded.push(listener);
  }

  all(): Iterable<Lane> {
    return this.#byId.values();
  }

  ids(): number[] {
    return [...this.#byId.keys()];
  }

  /** Lanes of a queue. */
  idsOf(queue: string): readonly number[] {
    return this.#byQueue.get(queue) ?? [];
  }

  get(id: number): Lane {
    const lane = this.#byId.get(id);
    if (!lane) throw new Error(`lane ${id} is not loaded`);
    return lane;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  find(wanted: WantedLane): Lane | undefined {
    return this.#byName.get(nameOf(wanted));
  }

  /** @throws MayflyError `task.too_many_lanes` */
  ensure(wanted: WantedLane): Promise<Lane> {
    const name = nameOf(wanted);
    const known = this.#byName.get(name);
    if (known) return Promise.resolve(known);
    const making = this.#making.get(name) ?? this.#make(name, wanted);
    this.#making.set(name, making);
    return making;
  }

  async #make(name: string, wanted: WantedLane): Promise<Lane> {
    try {
      const lane = await this.#store.ensureLane(wanted);
      this.#add(lane);
      return lane;
    } finally {
      this.#making.delete(name);
    }
  }

  #add(lane: Lane): void {
    if (this.#byId.has(lane.id)) return;
    this.#byId.set(lane.id, lane);
    this.#byName.set(nameOf(lane), lane);
    const siblings = this.#byQueue.get(lane.queue);
    if (siblings) siblings.push(lane.id);
    else this.#byQueue.set(lane.queue, [lane.id]);
    for (const listener of this.#onAdded) listener(lane);
  }
}

function nameOf(lane: WantedLane): string {
  return `${lane.queue} ${lane.type} ${lane.runtime} ${lane.keyed === true}`;
}
