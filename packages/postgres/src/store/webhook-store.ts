import type { WebhookDelivery } from '@mayfly/contracts';
import type { DeliveryEnd, DueDelivery, WebhookStore } from '@mayfly/core';
import type { Database, Row } from '../sql/database.ts';

export class PostgresWebhookStore implements WebhookStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(limit: number, leaseMs: number): Promise<DueDelivery[]> {
    const rows = await this.#database.run('claim-deliveries', [limit, leaseMs]);
    return rows.map((row) => ({
      id: row['id'] as string,
      taskId: row['task_id'] as string,
      url: row['url'] as string,
      event: row['event'] as DueDelivery['event'],
      attempt: row['attempts'] as number,
      createdAt: row['created_at'] as Date,
    }));
  }

  async end({ id, attempt, delivered, status, error, nextInMs }: DeliveryEnd): Promise<void> {
    await this.#database.run('end-delivery', [id, attempt, delivered, status, error, nextInMs]);
  }

  async list(taskId: string): Promise<WebhookDelivery[]> {
    return (await this.#database.run('list-deliveries', [taskId])).map(toDelivery);
  }
}

function toDelivery(row: Row): WebhookDelivery {
  const time = (value: unknown): string | null =>
    value instanceof Date ? value.toISOString() : null;
  const state = row['delivered_at'] ? 'delivered' : row['next_at'] ? 'waiting' : 'given-up';
  return {
    id: row['id'] as string,
    url: row['url'] as string,
    event: row['event'] as WebhookDelivery['event'],
    state,
    attempts: row['attempts'] as number,
    createdAt: time(row['created_at']) as string,
    lastTriedAt: time(row['last_tried_at']),
    nextTryAt: state === 'waiting' ? time(row['next_at']) : null,
    deliveredAt: time(row['delivered_at']),
    lastStatus: row['last_status'] as number | null,
    lastError: row['last_error'] as string | null,
  };
}
