import type { ControlStore } from './control-store.ts';
import type { DispatchStore } from './dispatch-store.ts';
import type { KeeperStore } from './keeper-store.ts';
import type { KeyStore } from './key-store.ts';
import type { QueueStore } from './queue-store.ts';
import type { RetentionStore } from './retention-store.ts';
import type { ScheduleStore } from './schedule-store.ts';
import type { SubmissionStore } from './submission-store.ts';
import type { TaskReader } from './task-reader.ts';
import type { WebhookStore } from './webhook-store.ts';
import type { WorkerStore } from './worker-store.ts';

/** Everything Mayfly keeps. Each part is used by the room of core that needs it and by no other. */
export interface Store {
  readonly submissions: SubmissionStore;
  readonly dispatch: DispatchStore;
  readonly control: ControlStore;
  readonly reader: TaskReader;
  readonly workers: WorkerStore;
  readonly queues: QueueStore;
  readonly keeper: KeeperStore;
  readonly retention: RetentionStore;
  readonly keys: KeyStore;
  readonly schedules: ScheduleStore;
  readonly hints: ServerHints;
  readonly releases: Releases;
  readonly webhooks: WebhookStore;
  /** Rejects with `store.unavailable` when the database does not answer. */
  ping(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Debounced nudges between servers. They may be lost: polls and heartbeats stand behind them. */
export interface ServerHints {
  /** Tasks wait in these lanes. */
  readonly ready: Hint<number>;
  /** These workers were asked for something: a stop, another deadline, to drain. */
  readonly workers: Hint<string>;
  /** The controls or the retention of these queues have changed. */
  readonly queues: Hint<string>;
}

export interface Hint<Key> {
  announce(keys: Iterable<Key>): void;
  /** Also what this server has announced itself may come. */
  onAnnounced(listener: (keys: Key[]) => void): void;
}

/** A task that waited for others, and where their end has put it. */
export interface ReleasedTask {
  taskId: string;
  laneId: number;
  status: 'pending' | 'scheduled' | 'cancelled';
}

/** Tells what statements of this process did to tasks that waited for the ones that they ended. */
export interface Releases {
  onReleased(listener: (tasks: ReleasedTask[]) => void): void;
}
