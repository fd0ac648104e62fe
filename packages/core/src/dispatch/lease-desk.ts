import type { Clock, Log } from '@mayfly/contracts';
import { Coalescer } from '../batching/coalescer.ts';
import { mayIsolate } from '../batching/may-isolate.ts';
import type { KeeperStore, PendingStop } from '../ports/keeper-store.ts';
import type { LeaseRenewal, WorkerStore } from '../ports/worker-store.ts';
import type { WorkerSession } from './worker-session.ts';

const FLUSH_MAX = 500;

interface Parts {
  workers: WorkerStore;
  keeper: KeeperStore;
  leaseMs: number;
  clock: Clock;
  log: Log;
  /** Stops and moved deadlines that were asked for on another server, or while it was away. */
  onPendingStops(stops: PendingStop[], ageMs: number): void;
  /** These workers are to take nothing more. */
  onDraining(workerIds: string[]): void;
}

/** Renews leases, all that came together in one statement. */
export class LeaseDesk {
  readonly #parts: Parts;
  readonly #renewals: Coalescer<LeaseRenewal, boolean>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#renewals = new Coalescer({
      flush: (renewals) => this.#renew(renewals),
      maxWeight: FLUSH_MAX,
      maxInFlight: 1,
      mayIsolate,
    });
  }

  /**
   * Answers one heartbeat. Without an answer the worker stops its attempts by itself before the
   * lease ends, so a database that is away needs no handling here.
   */
  async heartbeat(session: WorkerSession, number: number, stuck: number): Promise<void> {
    try {
      const renewed = await this.#renewals.add({ workerId: session.id, stuck });
      session.queue((frame) => {
        frame.lease = { heartbeat: number, renewed };
      });
      if (!renewed) session.close('its lease was lost');
    } catch (error) {
      this.#parts.log.warn({ error, worker: session.id }, 'a lease could not be renewed');
    }
  }

  /** Another server says that something was asked of these workers. */
  async lookFor(workerIds: string[]): Promise<void> {
    const { workers, keeper, clock, log } = this.#parts;
    const askedAt = clock.monotonic();
    try {
      const [stops, draining] = await Promise.all([
        keeper.listPendingStops(workerIds),
        workers.listDraining(workerIds),
      ]);
      this.#tell(stops, askedAt, draining);
    } catch (error) {
      log.debug({ error }, 'what was asked of workers comes with their next heartbeat');
    }
  }

  async #renew(renewals: LeaseRenewal[]): Promise<boolean[]> {
    const { workers, keeper, clock, leaseMs } = this.#parts;
    const askedAt = clock.monotonic();
    const [renewed, stops] = await Promise.all([
      workers.renewLeases(renewals, leaseMs),
      keeper.listPendingStops(renewals.map((renewal) => renewal.workerId)),
    ]);
    const draining = renewed.filter((lease) => lease.draining);
    this.#tell(
      stops,
      askedAt,
      draining.map((lease) => lease.workerId),
    );
    const alive = new Set(renewed.map((lease) => lease.workerId));
    return renewals.map((renewal) => alive.has(renewal.workerId));
  }

  #tell(stops: PendingStop[], askedAt: number, draining: string[]): void {
    const ageMs = this.#parts.clock.monotonic() - askedAt;
    if (stops.length > 0) this.#parts.onPendingStops(stops, ageMs);
    if (draining.length > 0) this.#parts.onDraining(draining);
  }
}
