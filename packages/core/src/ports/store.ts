import type { ControlStore } from './control-store.ts';
import type { DispatchStore } from './dispatch-store.ts';
import type { KeeperStore } from './keeper-store.ts';
import type { KeyStore } from './key-store.ts';
import type { SubmissionStore } from './submission-store.ts';
import type { TaskReader } from './task-reader.ts';
import type { WorkerStore } from './worker-store.ts';

/** Everything Mayfly keeps. Each part is used by the room of core that needs it and by no other. */
export interface Store {
  readonly submissions: SubmissionStore;
  readonly dispatch: DispatchStore;
  readonly control: ControlStore;
  readonly reader: TaskReader;
  readonly workers: WorkerStore;
  readonly keeper: KeeperStore;
  readonly keys: KeyStore;
  readonly hints: ReadyHints;
  /** Rejects with `store.unavailable` when the database does not answer. */
  ping(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A debounced nudge between servers that tasks wait. It may be lost: polling stands behind it. */
export interface ReadyHints {
  announce(laneIds: Iterable<number>): void;
  onReady(listener: (laneIds: number[]) => void): void;
}
