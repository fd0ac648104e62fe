import type { FinalStatus, WebhookDelivery } from '@mayfly/contracts';

/** One try that a server has taken on. */
export interface DueDelivery {
  id: string;
  taskId: string;
  url: string;
  event: FinalStatus;
  /** From 1; the number of this try. */
  attempt: number;
  createdAt: Date;
}

/** How a try went. */
export interface DeliveryEnd {
  id: string;
  attempt: number;
  delivered: boolean;
  status: number | null;
  error: string | null;
  /** Null: there is no other try. */
  nextInMs: number | null;
}

export interface WebhookStore {
  /** Takes deliveries that are due; they come due again when the lease is over. */
  claim(limit: number, leaseMs: number): Promise<DueDelivery[]>;
  end(end: DeliveryEnd): Promise<void>;
  /** Deliveries of a task, newest first. */
  list(taskId: string): Promise<WebhookDelivery[]>;
}
