import type { Unique } from '@mayfly/contracts';
import type { NewTask } from '../task/new-task.ts';

/** One submission or one batch: stored wholly or not at all. */
export interface SubmissionUnit {
  tasks: NewTask[];
  idempotency: IdempotencyRecord | null;
  /** Its tasks may wait for tasks of others, not only of their own owner. */
  seesAll?: boolean;
}

export interface IdempotencyRecord {
  owner: string;
  key: string;
  /** SHA-256 of the checked body. */
  bodyHash: Buffer;
}

export type StoredUnit =
  | { kind: 'created'; createdAt: Date }
  /** The key was used before: the tasks of that time, and whether the body was the same. */
  | { kind: 'repeated'; taskIds: string[]; sameBody: boolean }
  /** Nothing of the unit was stored: these ids in `after` are not there, or not to be seen. */
  | { kind: 'refused'; unknown: string[] };

/** A task that is stored only when nothing holds its key among the tasks of its owner and type. */
export interface UniqueUnit {
  task: NewTask;
  type: string;
  unique: Pick<Unique, 'key' | 'scope' | 'windowMs'>;
}

export type StoredUnique =
  | { kind: 'created'; createdAt: Date }
  /** This task holds the key. */
  | { kind: 'held'; taskId: string };

/** A batch in which some tasks have unique keys: stored wholly or not at all. */
export interface UniqueBatch {
  tasks: NewTask[];
  /** Those of the tasks that have a key. Of two with one key the first can take it. */
  units: UniqueUnit[];
  /** Those of the units without whose keys nothing is stored. */
  strict: UniqueUnit[];
  /** Its tasks may wait for tasks of others, not only of their own owner. */
  seesAll: boolean;
}

export type StoredUniqueBatch =
  /**
   * For each item the task that holds its key, or the item itself; what waits for an item waits for
   * that task. `createdAt` is null when no task is new.
   */
  | { kind: 'stored'; createdAt: Date | null; taskIds: string[] }
  /** Nothing was stored: others hold the keys of these strict units. */
  | { kind: 'held'; held: { taskId: string; holderId: string }[] }
  | Extract<StoredUnit, { kind: 'refused' }>;

export interface SubmissionStore {
  /** Stores many units in one transaction; flushed to disk when it resolves. Answers in order. */
  insert(units: SubmissionUnit[]): Promise<StoredUnit[]>;
  /** The same for tasks with unique keys; exact, whatever is submitted at once. */
  insertUnique(units: UniqueUnit[]): Promise<StoredUnique[]>;
  /** The same for one batch, in a transaction of its own. */
  insertUniqueBatch(batch: UniqueBatch): Promise<StoredUniqueBatch>;
}
