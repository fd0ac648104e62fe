import type { NewTask } from '../task/new-task.ts';

/** One submission or one batch: stored wholly or not at all. */
export interface SubmissionUnit {
  tasks: NewTask[];
  idempotency: IdempotencyRecord | null;
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
  | { kind: 'repeated'; taskIds: string[]; sameBody: boolean };

export interface SubmissionStore {
  /** Stores many units in one transaction; flushed to disk when it resolves. Answers in order. */
  insert(units: SubmissionUnit[]): Promise<StoredUnit[]>;
}
