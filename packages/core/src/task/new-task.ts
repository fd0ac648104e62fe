import type { AfterPolicy, RetryPolicy, Webhook } from '@mayfly/contracts';

/** A checked submission, ready to be stored. Times are for the database clock to judge. */
export interface NewTask {
  id: string;
  laneId: number;
  priority: number;
  ttlMs: number;
  graceMs: number;
  queueTtlMs: number | null;
  totalTtlMs: number | null;
  /** Not before this instant; at most one of `runAt` and `delayMs` is set. */
  runAt: Date | null;
  delayMs: number | null;
  owner: string;
  description: string | null;
  labels: Record<string, string>;
  retry: RetryPolicy | null;
  /** Its lane is a keyed one when there is a key, and only then. */
  concurrencyKey: string | null;
  /** Tasks that must have ended before; empty for most. */
  after: string[];
  /** What to do when one of them does not complete. */
  afterPolicy: AfterPolicy;
  /** Whom to tell of its end. */
  webhook: Webhook | null;
  /** The params as JSON text; the dispatch path never parses them. */
  paramsJson: string;
}
