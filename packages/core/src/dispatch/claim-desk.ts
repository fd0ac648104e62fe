import type { Clock, Faults, Log, Timer } from '@mayfly/contracts';
import { persist } from '../batching/persist.ts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { QueueCatalog } from '../catalog/queue-catalog.ts';
import type { Store } from '../ports/store.ts';
import type { ClaimedAttempt } from '../task/attempt.ts';
import { DueQueue } from '../time/due-queue.ts';
import { ClaimGroup, groupKey } from './claim-group.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { WorkerSession } from './worker-session.ts';

interface Parts {
  store: Store;
  lanes: LaneCatalog;
  controls: QueueCatalog;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  faults?: Faults | undefined;
  /** `moreWaiting`: the claim was used up. */
  assign(session: WorkerSession, attempts: ClaimedAttempt[], moreWaiting: boolean): void;
  giveBack(session: WorkerSession, attempts: ClaimedAttempt[]): void;
  /** The worker has a later connection than this one. */
  onMoved(session: WorkerSession): void;
  /** False when the worker has come back over another connection, or is gone. */
  isCurrent(session: WorkerSession): boolean;
}

/** A worker that has missed so many heartbeats is given nothing until it is heard again. */
const SILENT_HEARTBEATS = 2.5;

/** Claims waiting tasks for the workers of this server, when it hears that there may be some. */
export class ClaimDesk {
  readonly #parts: Parts;
  readonly #groups = new Map<string, ClaimGroup>();
  /** Queues whose rate limit lets the next task start at a known time. */
  readonly #rateLimited: DueQueue<string>;
  readonly #closing = new AbortController();
  #poll: Timer | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { store, clock, lanes, controls } = parts;
    this.#rateLimited = new DueQueue(clock, (queues) => {
      for (const queue of queues) this.heat(lanes.idsOf(queue));
    });
    lanes.onAdded((lane) => {
      for (const group of this.#groups.values()) group.addLane(lane);
    });
    store.hints.ready.onAnnounced((laneIds) => void this.#heatForeign(laneIds));
    store.hints.queues.onAnnounced(() => void this.#readControls());
    controls.onChanged((laneIds) => this.heat(laneIds));
    this.#schedulePoll();
  }

  /** Tasks wait in these lanes. */
  heat(laneIds: Iterable<number>): void {
    for (const group of this.#groups.values()) group.heat(laneIds);
  }

  /** Tasks are back in these lanes, and with them their slots of limited queues, for any server. */
  free(laneIds: number[]): void {
    const { controls, store } = this.#parts;
    const freed = new Set(laneIds.flatMap((laneId) => [laneId, ...controls.freedBy(laneId)]));
    this.heat(freed);
    store.hints.ready.announce(freed);
  }

  join(session: WorkerSession): void {
    const key = groupKey(session.registration);
    const group = this.#groups.get(key) ?? this.#makeGroup(key, session);
    group.add(session);
  }

  leave(session: WorkerSession): void {
    const key = groupKey(session.registration);
    const group = this.#groups.get(key);
    group?.remove(session);
    if (group?.isEmpty) this.#groups.delete(key);
  }

  /** The worker has more room, or was heard again. */
  pump(session: WorkerSession): void {
    this.#groups.get(groupKey(session.registration))?.pump();
  }

  drain(): void {
    this.#poll?.cancel();
  }

  close(): void {
    this.drain();
    this.#closing.abort(new Error('the server closes'));
    this.#rateLimited.clear();
  }

  #makeGroup(key: string, session: WorkerSession): ClaimGroup {
    const { store, controls, lanes, clock, faults } = this.#parts;
    const group = new ClaimGroup(session.registration, {
      store: store.dispatch,
      controlledQueue: (laneId) => controls.controlledQueue(laneId),
      onRateLimited: (queue, inMs) => this.#heatLater(queue, inMs),
      assign: (to, attempts, moreWaiting) => this.#parts.assign(to, attempts, moreWaiting),
      giveBack: (from, attempts) => this.#parts.giveBack(from, attempts),
      onMoved: (session) => this.#parts.onMoved(session),
      isReachable: (to) => this.#isReachable(to),
      onFailed: (error, sessions) => this.#recoverClaim(error, sessions),
      clock,
      faults,
    });
    for (const lane of lanes.all()) group.addLane(lane);
    this.#groups.set(key, group);
    return group;
  }

  /**
   * What is claimed for a worker that is cut off or dead waits until its lease has ended, and what
   * is claimed after that until its deadline. So the silent get nothing.
   */
  #isReachable(session: WorkerSession): boolean {
    const { clock, lifetimes } = this.#parts;
    return clock.monotonic() - session.heardAt <= SILENT_HEARTBEATS * lifetimes.heartbeatMs;
  }

  /** The claim may have been committed although its answer was lost: nobody runs what it took. */
  async #recoverClaim(error: unknown, sessions: Set<WorkerSession>): Promise<void> {
    const { clock, log } = this.#parts;
    log.warn({ error }, 'tasks could not be claimed');
    try {
      await persist(() => this.#returnUnknown(sessions), { clock, signal: this.#closing.signal });
    } catch (failure) {
      log.warn({ error: failure }, 'what a lost claim has taken could not be given back');
    }
  }

  async #returnUnknown(sessions: Set<WorkerSession>): Promise<void> {
    const { dispatch } = this.#parts.store;
    for (const session of sessions) {
      const held = await dispatch.listHeld(session.id);
      // A worker that has come back over another connection has been compared with the store there.
      if (!session.connected || !this.#parts.isCurrent(session)) continue;
      const unknown = held.filter(
        ({ taskId, attempt }) => session.held.get(taskId)?.attempt !== attempt,
      );
      if (unknown.length === 0) continue;
      await dispatch.giveBack(session.ref, unknown);
      this.free(unknown.map(({ laneId }) => laneId));
    }
  }

  async #heatForeign(laneIds: number[]): Promise<void> {
    try {
      if (laneIds.some((id) => !this.#parts.lanes.has(id))) await this.#parts.lanes.refresh();
      this.heat(laneIds);
    } catch (error) {
      this.#parts.log.debug({ error }, 'a hint could not be followed');
    }
  }

  async #readControls(): Promise<void> {
    try {
      await this.#parts.controls.refresh();
    } catch (error) {
      this.#parts.log.debug({ error }, 'controls of queues could not be read');
    }
  }

  #heatLater(queue: string, inMs: number): void {
    // A millisecond later than free, lest rounding makes us ask too early.
    const dueAt = this.#parts.clock.monotonic() + inMs + 1;
    if (dueAt < (this.#rateLimited.get(queue) ?? Number.POSITIVE_INFINITY)) {
      this.#rateLimited.set(queue, dueAt);
    }
  }

  #schedulePoll(): void {
    this.#poll = this.#parts.clock.after(this.#parts.lifetimes.pollMs, () => {
      this.#schedulePoll();
      void this.#pollOnce();
    });
  }

  async #pollOnce(): Promise<void> {
    // Also for submissions, which may come to a server that has no worker.
    await this.#readControls();
    if (this.#groups.size === 0) return;
    try {
      await this.#parts.lanes.refresh();
    } catch (error) {
      this.#parts.log.debug({ error }, 'lanes could not be read');
    }
    for (const group of this.#groups.values()) group.heatAll();
  }
}
