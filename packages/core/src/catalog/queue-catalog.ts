import type { QueueControls } from '@mayfly/contracts';
import type { QueueStore } from '../ports/queue-store.ts';
import type { RetentionClass } from '../task/task-id.ts';
import type { LaneCatalog } from './lane-catalog.ts';

/**
 * The queues with controls and those with a retention, in memory. It says by which way to claim and
 * may be behind by a moment: the store refuses what its controls do not allow.
 */
export class QueueCatalog {
  readonly #store: QueueStore;
  readonly #lanes: LaneCatalog;
  readonly #onChanged: ((laneIds: number[]) => void)[] = [];
  #controls = new Map<string, QueueControls>();
  #texts = new Map<string, string>();
  #retentions = new Map<string, RetentionClass>();

  constructor(store: QueueStore, lanes: LaneCatalog) {
    this.#store = store;
    this.#lanes = lanes;
  }

  async refresh(): Promise<void> {
    const [listed, retentions] = await Promise.all([
      this.#store.listControls(),
      this.#store.listRetentions(),
    ]);
    this.#retentions = new Map(retentions.map((entry) => [entry.queue, entry.retentionClass]));
    const texts = new Map(listed.map((entry) => [entry.name, JSON.stringify(entry)]));
    const names = new Set([...texts.keys(), ...this.#texts.keys()]);
    const changed = [...names].filter((name) => texts.get(name) !== this.#texts.get(name));
    this.#texts = texts;
    this.#controls = new Map(listed.map((entry) => [entry.name, entry]));
    const laneIds = changed.flatMap((name) => this.#lanes.idsOf(name));
    if (laneIds.length > 0) for (const listener of this.#onChanged) listener(laneIds);
  }

  /** Told with the lanes whose controls are others now. */
  onChanged(listener: (laneIds: number[]) => void): void {
    this.#onChanged.push(listener);
  }

  /** The queue of a lane when it has controls, else undefined. */
  controlledQueue(laneId: number): string | undefined {
    if (this.#controls.size === 0) return undefined;
    const { queue } = this.#lanes.get(laneId);
    return this.#controls.has(queue) ? queue : undefined;
  }

  /** For the ids of new tasks of a queue. */
  retentionClass(queue: string): RetentionClass {
    return this.#retentions.get(queue) ?? 0;
  }

  /** Lanes whose tasks may start when an attempt in this one has ended. */
  freedBy(laneId: number): readonly number[] {
    const queue = this.controlledQueue(laneId);
    return queue === undefined ? [] : this.#lanes.idsOf(queue);
  }
}
