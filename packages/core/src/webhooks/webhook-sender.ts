import type { Clock, Log, Task, Timer } from '@mayfly/contracts';
import type { DueDelivery } from '../ports/webhook-store.ts';
import type { Store } from '../ports/store.ts';
import { describeFailure } from './check-webhook.ts';
import { signWebhook } from './sign.ts';

/** Sends one request. It ends within `timeoutMs`, follows no redirect and reads a bounded answer. */
export type WebhookPost = (
  url: string,
  request: { headers: Record<string, string>; body: string; timeoutMs: number },
) => Promise<{ status: number }>;

export interface WebhookSettings {
  /** For the signature. It is never logged nor given out. */
  secret: string;
  post: WebhookPost;
  /** Whether an address names, as it is written, a network that must not be reached. */
  isRefused(url: URL): boolean;
}

interface Parts {
  store: Store;
  clock: Clock;
  log: Log;
  random: () => number;
  settings: WebhookSettings | null;
}

const ROUND_MS = 1000;
const BATCH = 16;
const TIMEOUT_MS = 10_000;
/** Another server takes over when this one died while it was sending. */
const LEASE_MS = 3 * TIMEOUT_MS;
const TRIES = 10;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 600_000;

/** Tells receivers of the ends of tasks. Each server sends; a delivery is with one at a time. */
export class WebhookSender {
  readonly #parts: Parts;
  #timer: Timer | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.settings) this.#next(this.#parts.settings, 0);
  }

  /** Resolves when what was being sent has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  #next(settings: WebhookSettings, delayMs: number): void {
    this.#timer = this.#parts.clock.after(delayMs, () => {
      this.#round = this.#runRound(settings).then((more) => {
        if (!this.#stopped) this.#next(settings, more ? 0 : ROUND_MS);
      });
    });
  }

  async #runRound(settings: WebhookSettings): Promise<boolean> {
    try {
      const due = await this.#parts.store.webhooks.claim(BATCH, LEASE_MS);
      await Promise.all(due.map((delivery) => this.#deliver(settings, delivery)));
      return due.length === BATCH;
    } catch (error) {
      this.#parts.log.warn({ error }, 'webhooks could not be sent');
      return false;
    }
  }

  async #deliver(settings: WebhookSettings, delivery: DueDelivery): Promise<void> {
    const { id, attempt } = delivery;
    const answer = await this.#post(settings, delivery);
    const delivered = answer.status !== null && answer.status >= 200 && answer.status < 300;
    const nextInMs = delivered || attempt >= TRIES ? null : this.#pauseMs(attempt);
    await this.#parts.store.webhooks.end({ id, attempt, delivered, ...answer, nextInMs });
  }

  async #post(
    { secret, post }: WebhookSettings,
    delivery: DueDelivery,
  ): Promise<{ status: number | null; error: string | null }> {
    const task = await this.#parts.store.reader.get(delivery.taskId, { owner: null });
    const body = JSON.stringify(bodyOf(delivery, task));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'mayfly-webhook',
      ...signWebhook(secret, delivery.id, this.#parts.clock.now(), body),
    };
    try {
      const { status } = await post(delivery.url, { headers, body, timeoutMs: TIMEOUT_MS });
      const good = status >= 200 && status < 300;
      return { status, error: good ? null : `The receiver answered ${status}.` };
    } catch (error) {
      return { status: null, error: describeFailure(error) };
    }
  }

  #pauseMs(attempt: number): number {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    return Math.round(pauseMs * (1 - 0.2 * this.#parts.random()));
  }
}

function bodyOf({ event, taskId, createdAt }: DueDelivery, task: Task | null): object {
  const { type, queue, description, labels } = task ?? {};
  return {
    type: `task.${event}`,
    timestamp: createdAt.toISOString(),
    data: { id: taskId, status: event, type, queue, description, labels },
  };
}
