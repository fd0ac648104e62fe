import { MayflyError, type QueueChange, type QueueView } from '@mayfly/contracts';
import type { QueueCatalog } from '../catalog/queue-catalog.ts';
import type { QueueFigures, QueueStore } from '../ports/queue-store.ts';
import type { Hint } from '../ports/store.ts';
import type { RateMeter } from './rate-meter.ts';

const DAYS = 7;

/** Looking at queues, and controlling them. */
export class QueueService {
  readonly #store: QueueStore;
  readonly #catalog: QueueCatalog;
  readonly #hint: Hint<string>;
  readonly #meter: RateMeter;

  constructor(
    store: QueueStore,
    catalog: QueueCatalog,
    { hint, meter }: { hint: Hint<string>; meter: RateMeter },
  ) {
    this.#store = store;
    this.#catalog = catalog;
    this.#hint = hint;
    this.#meter = meter;
  }

  async list(): Promise<QueueView[]> {
    return (await this.#store.list(null, DAYS)).map((figures) => this.#view(figures));
  }

  /** @throws MayflyError `queue.not_found` */
  async get(name: string): Promise<QueueView> {
    const [figures] = await this.#store.list(name, DAYS);
    if (figures) return this.#view(figures);
    throw new MayflyError(
      'queue.not_found',
      `There is no queue ${name}. GET /api/queues lists them; PUT its limits, or submit a task to it, to make it.`,
    );
  }

  /** Sets limits, also of a queue that has had no task yet. */
  change(name: string, change: QueueChange): Promise<QueueView> {
    return this.#set(name, change);
  }

  /**
   * When it resolves, no server starts a task of the queue any more; what runs goes on.
   *
   * @throws MayflyError `queue.not_found`
   */
  pause(name: string): Promise<QueueView> {
    return this.#setPaused(name, true);
  }

  /** @throws MayflyError `queue.not_found` */
  resume(name: string): Promise<QueueView> {
    return this.#setPaused(name, false);
  }

  async #setPaused(name: string, paused: boolean): Promise<QueueView> {
    await this.get(name);
    return this.#set(name, { paused });
  }

  async #set(name: string, change: QueueChange & { paused?: boolean }): Promise<QueueView> {
    await this.#store.change(name, change);
    this.#hint.announce([name]);
    await this.#catalog.refresh();
    return this.get(name);
  }

  #view({ totals, ...figures }: QueueFigures): QueueView {
    const { submitted = 0, completed = 0, failed = 0, expired = 0, cancelled = 0 } = totals;
    const rates = this.#meter.rates(figures.name);
    const ended = { completed, failed, expired, cancelled };
    return { ...figures, totals: { submitted, ...ended }, days: DAYS, rates };
  }
}
