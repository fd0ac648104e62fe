/** The tasks of one day and one retention class. */
export interface Leaf {
  name: string;
  retentionMs: number;
}

export interface LeafEnd {
  /** `rewritten`: it holds the few now that must stay. `kept`: nothing was changed. */
  outcome: 'dropped' | 'rewritten' | 'kept';
  /** Finished tasks that are gone. */
  gone: number;
  /** Tasks that have not finished, or not long enough ago. */
  kept: number;
}

export interface RetentionStore {
  /** Leaves whose day ended longer ago than their retention, oldest first. */
  listDue(defaultMs: number): Promise<Leaf[]>;
  /**
   * Drops a leaf, or all of it but the few tasks that must stay.
   *
   * @returns null when somebody uses it right now; nothing was changed then
   */
  end(leaf: Leaf): Promise<LeafEnd | null>;
  /** Deletes some finished tasks that are in no leaf, past their retention. @returns their ids */
  removeStrays(defaultMs: number): Promise<string[]>;
  /** Deletes some of what else belonged to tasks that are gone. @returns false when nothing is left */
  sweep(): Promise<boolean>;
}
