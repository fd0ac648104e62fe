import type { Log } from '@mayfly/contracts';
import { Coalescer } from '../batching/coalescer.ts';
import { mayIsolate } from '../batching/may-isolate.ts';
import type { KeeperStore, PendingStop } from '../ports/keeper-store.ts';
import type { WorkerStore } from '../ports/worker-store.ts';
import type { WorkerSession } from './worker-session.ts';

const FLUSH_MAX = 500;

interface Parts {
  workers: WorkerStore;
  keeper: KeeperStore;
  leaseMs: number;
  log: Log;
  /** Stops and moved deadlines that were asked for on another server, or while it was away. */
  onPendingStops(stops: PendingStop[]): void;
}

/** Renews leases, all that came together in one statement. */
export class LeaseDesk {
  readonly #parts: Parts;
  readonly #renewals: Coalescer<string, boolean>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#renewals = new Coalescer({
      flush: (ids) => this.#renew(ids),
      maxWeight: FLUSH_MAX,
      maxInFlight: 1,
      mayIsolate,
    });
  }

  /**
   * Answers one heartbeat. Without an answer the worker stops its attempts by itself before the
   * lease ends, so a database that is away needs no handling here.
   */
  async heartbeat(session: WorkerSession, number: number): Promise<void> {
    try {
      const renewed = await this.#renewals.add(session.id);
      session.queue((frame) => {
        frame.lease = { heartbeat: number, renewed };
      });
      if (!renewed) session.close('its lease was lost');
    } catch (error) {
      this.#parts.log.warn({ error, worker: session.id }, 'a lease could not be renewed');
    }
  }

  async #renew(ids: string[]): Promise<boolean[]> {
    const { workers, keeper, leaseMs } = this.#parts;
    const [renewed, stops] = await Promise.all([
      workers.renewLeases(ids, leaseMs),
      keeper.listPendingStops(ids),
    ]);
    if (stops.length > 0) this.#parts.onPendingStops(stops);
    const alive = new Set(renewed);
    return ids.map((id) => alive.has(id));
  }
}
