import { MayflyError, type Clock, type Faults, type Log, type Timer } from '@mayfly/contracts';
import type { Hello, Report, WorkerFrame } from '@mayfly/contracts/worker-protocol';
import { persist } from '../batching/persist.ts';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { QueueCatalog } from '../catalog/queue-catalog.ts';
import type { RuntimeCatalog } from '../catalog/runtime-catalog.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { RunningTask } from '../ports/control-store.ts';
import type { Store } from '../ports/store.ts';
import type { AttemptRef, ClaimedAttempt } from '../task/attempt.ts';
import { DueQueue } from '../time/due-queue.ts';
import { AttemptTracker } from './attempt-tracker.ts';
import { ClaimGroup, groupKey } from './claim-group.ts';
import { LeaseDesk } from './lease-desk.ts';
import type { Lifetimes } from './lifetimes.ts';
import { OutputDesk } from './output-desk.ts';
import { parseOutcome, parseRegistration } from './parse-hello.ts';
import { endingOf } from './settlement.ts';
import type { Settler } from './settler.ts';
import { WorkerSession, type WorkerLink } from './worker-session.ts';

interface Parts {
  store: Store;
  lanes: LaneCatalog;
  controls: QueueCatalog;
  types: TypeCatalog;
  runtimes: RuntimeCatalog;
  feed: TaskFeed;
  settler: Settler;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  faults?: Faults | undefined;
}

/** A worker that has missed so many heartbeats is given nothing until it is heard again. */
const SILENT_HEARTBEATS = 2.5;

/**
 * Hands waiting tasks to the workers that are connected to this server, and takes back what they
 * report.
 *
 * Life of an attempt here: a claim moves the task to `running` and names the worker; the assignment
 * goes out; the attempt is tracked until it is settled, by a report or by its deadline. Whatever
 * this process forgets in a crash, the store knows: the worker comes back within its lease and says
 * what it runs, or the keeper takes it for dead and hands its tasks on.
 */
export class Dispatcher {
  readonly #parts: Parts;
  readonly #sessions = new Map<string, WorkerSession>();
  readonly #groups = new Map<string, ClaimGroup>();
  readonly #tracker: AttemptTracker;
  readonly #leases: LeaseDesk;
  readonly #output: OutputDesk;
  /** Queues whose rate limit lets the next task start at a known time. */
  readonly #rateLimited: DueQueue<string>;
  #poll: Timer | undefined;
  #draining = false;
  readonly #closing = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { store, clock, log, feed, lifetimes, lanes, settler } = parts;
    this.#tracker = new AttemptTracker({ store: store.dispatch, settler, clock, log, lifetimes });
    this.#output = new OutputDesk({ store: store.dispatch, feed, clock, log });
    this.#leases = new LeaseDesk({
      workers: store.workers,
      keeper: store.keeper,
      leaseMs: lifetimes.leaseMs,
      log,
      onPendingStops: (stops) => this.#tracker.tellPending(stops),
      onDraining: (workerIds) => this.#tellToDrain(workerIds),
    });
    this.#rateLimited = new DueQueue(clock, (queues) => {
      for (const queue of queues) this.heat(lanes.idsOf(queue));
    });
    lanes.onAdded((lane) => {
      for (const group of this.#groups.values()) group.addLane(lane);
    });
    store.hints.ready.onAnnounced((laneIds) => void this.#heatForeign(laneIds));
    store.hints.workers.onAnnounced((workerIds) => this.#lookFor(workerIds));
    store.hints.queues.onAnnounced(() => void this.#readControls());
    parts.controls.onChanged((laneIds) => this.heat(laneIds));
    this.#schedulePoll();
  }

  /** Tasks wait in these lanes. */
  heat(laneIds: Iterable<number>): void {
    for (const group of this.#groups.values()) group.heat(laneIds);
  }

  /**
   * Takes a worker in, new or back after a cut connection.
   *
   * @throws MayflyError `worker.rejected`, `attempt.lease_lost` or `server.draining`
   */
  async attach(hello: Hello, link: WorkerLink): Promise<WorkerSession> {
    if (this.#draining) throw new MayflyError('server.draining', 'Connect to another server.');
    const { store, types, runtimes, lifetimes } = this.#parts;
    const registration = parseRegistration(hello.registrationJson);
    await types.add(registration.types);
    if (!(await store.workers.register(registration, lifetimes.leaseMs))) {
      throw new MayflyError(
        'attempt.lease_lost',
        'The lease of this incarnation is over. Stop its attempts and come back as a new one.',
      );
    }
    runtimes.invalidate();
    const session = new WorkerSession(registration, link, this.#parts.clock.monotonic());
    this.#replace(session);
    const disowned = await this.#adopt(session, hello.running);
    session.queue((frame) => {
      const { leaseMs, heartbeatMs } = lifetimes;
      frame.welcome = { leaseMs, heartbeatMs, disowned };
    });
    this.#groupOf(session).add(session);
    return session;
  }

  /** Handles what a worker says. */
  receive(session: WorkerSession, frame: WorkerFrame): void {
    if (frame.heartbeat !== undefined) this.#hear(session, frame.heartbeat, frame.stuck);
    if (frame.output.length > 0) session.follow(this.#output.append(session, frame.output));
    if (frame.progress.length > 0) this.#output.progress(session, frame.progress);
    for (const report of frame.reports) void this.#settle(session, report);
    if (frame.returned.length > 0) void this.#giveBack(session, frame.returned);
    if (frame.draining) this.#noteDraining(session);
    if (frame.credits !== 0) {
      session.credits += frame.credits;
      this.#groups.get(groupKey(session.registration))?.pump();
    }
  }

  /** The connection is gone. The worker keeps its attempts until its lease ends. */
  detach(session: WorkerSession): void {
    session.connected = false;
    this.#leave(session);
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    if (!session.draining || session.held.size > 0) return;
    this.#parts.store.workers.release(session.id).catch((error: unknown) => {
      this.#parts.log.warn({ error, worker: session.id }, 'a lease could not be released');
    });
  }

  /** Tells workers, of any server, to stop attempts; that it was asked is recorded already. */
  stop(tasks: RunningTask[]): void {
    this.#tracker.stop(tasks);
    this.#tellOthers(tasks);
  }

  /** Tells the worker that a running task has another deadline, which is recorded already. */
  moveDeadline(task: RunningTask, leftMs: number): void {
    this.#tracker.moveDeadline(task, leftMs);
    this.#tellOthers([task]);
  }

  /** Asks a worker to take nothing more and to end. @returns false when there is no such worker */
  async drainWorker(workerId: string): Promise<boolean> {
    if (!(await this.#parts.store.workers.setDraining(workerId))) return false;
    this.#tellToDrain([workerId]);
    this.#tellOthers([{ workerId }]);
    return true;
  }

  /** Hands out nothing more. Workers go on with what they have and look for another server. */
  drain(): void {
    this.#draining = true;
    this.#poll?.cancel();
    for (const session of this.#sessions.values()) this.#leave(session);
  }

  close(): void {
    this.drain();
    this.#closing.abort(new Error('the server closes'));
    this.#tracker.close();
    this.#rateLimited.clear();
    for (const session of this.#sessions.values()) session.close('the server ends');
    this.#output.close();
  }

  /** What is asked of a worker at another server comes to it through that one. */
  #tellOthers(asked: { workerId: string }[]): void {
    const others = asked.map(({ workerId }) => workerId).filter((id) => !this.#sessions.has(id));
    this.#parts.store.hints.workers.announce(others);
  }

  #lookFor(workerIds: string[]): void {
    const here = workerIds.filter((id) => this.#sessions.has(id));
    if (here.length > 0) void this.#leases.lookFor(here);
  }

  #tellToDrain(workerIds: string[]): void {
    for (const id of workerIds) {
      const session = this.#sessions.get(id);
      if (!session || session.draining) continue;
      session.draining = true;
      session.queue((frame) => {
        frame.drain = true;
      });
    }
  }

  /** An earlier connection of the same incarnation is a dead one. */
  #replace(session: WorkerSession): void {
    const earlier = this.#sessions.get(session.id);
    if (earlier) {
      this.detach(earlier);
      earlier.close('the worker came back over a new connection');
    }
    this.#sessions.set(session.id, session);
  }

  /** Compares what the worker runs with what the store says it holds. @returns what it must kill */
  async #adopt(session: WorkerSession, running: AttemptRef[]): Promise<AttemptRef[]> {
    const held = await this.#parts.store.dispatch.listHeld(session.id);
    const runs = new Set(running.map(refName));
    const known = new Set(held.map(refName));
    for (const attempt of held) this.#tracker.track(session, attempt);
    const stopping = held.filter((attempt) => attempt.cancelRequested);
    this.#tracker.stop(stopping.filter((attempt) => runs.has(refName(attempt))));
    const unstarted = held.filter((attempt) => !runs.has(refName(attempt)));
    if (unstarted.length > 0) await this.#giveBack(session, unstarted);
    return running.filter((ref) => !known.has(refName(ref)));
  }

  #leave(session: WorkerSession): void {
    const key = groupKey(session.registration);
    const group = this.#groups.get(key);
    group?.remove(session);
    if (group?.isEmpty) this.#groups.delete(key);
  }

  #groupOf(session: WorkerSession): ClaimGroup {
    const key = groupKey(session.registration);
    const known = this.#groups.get(key);
    if (known) return known;
    const group = new ClaimGroup(session.registration, {
      store: this.#parts.store.dispatch,
      controlledQueue: (laneId) => this.#parts.controls.controlledQueue(laneId),
      onRateLimited: (queue, inMs) => this.#heatLater(queue, inMs),
      assign: (to, attempts, moreWaiting) => this.#assign(to, attempts, moreWaiting),
      giveBack: (from, attempts) => void this.#giveBack(from, attempts),
      isReachable: (session) => this.#isReachable(session),
      onFailed: (error, sessions) => this.#recoverClaim(error, sessions),
      faults: this.#parts.faults,
    });
    for (const lane of this.#parts.lanes.all()) group.addLane(lane);
    this.#groups.set(key, group);
    return group;
  }

  #hear(session: WorkerSession, heartbeat: number, stuck: number): void {
    session.heardAt = this.#parts.clock.monotonic();
    void this.#leases.heartbeat(session, heartbeat, stuck);
    this.#groups.get(groupKey(session.registration))?.pump();
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
      if (!session.connected || this.#sessions.get(session.id) !== session) continue;
      const unknown = held.filter(
        ({ taskId, attempt }) => session.held.get(taskId)?.attempt !== attempt,
      );
      if (unknown.length === 0) continue;
      await dispatch.giveBack(session.id, unknown);
      this.heat(unknown.map(({ laneId }) => laneId));
    }
  }

  #assign(session: WorkerSession, attempts: ClaimedAttempt[], moreWaiting: boolean): void {
    const { lanes, feed, clock } = this.#parts;
    for (const attempt of attempts) this.#tracker.track(session, attempt);
    session.queue((frame) => {
      frame.moreWaiting = moreWaiting;
      for (const { taskId, attempt, laneId, paramsJson, leftMs, graceMs } of attempts) {
        const { type } = lanes.get(laneId);
        const ttlMs = Math.max(0, Math.round(leftMs));
        frame.assignments.push({ taskId, attempt, type, paramsJson, ttlMs, graceMs });
      }
    });
    feed.publish(attempts, ({ taskId, attempt, laneId }) => ({
      id: taskId,
      type: lanes.get(laneId).type,
      queue: lanes.get(laneId).queue,
      status: 'running',
      attempt,
      progress: null,
      at: new Date(clock.now()).toISOString(),
    }));
  }

  async #settle(session: WorkerSession, report: Report): Promise<void> {
    const { taskId, attempt } = report;
    try {
      // What an attempt printed must be stored when its end is seen.
      if (session.outputInFlight) await session.outputInFlight;
      const accepted = await this.#settleReport(session, report);
      if (this.#parts.faults) await this.#parts.faults.at('attempt.settled');
      session.queue((frame) => frame.settled.push({ taskId, attempt, accepted }));
    } catch (error) {
      this.#parts.log.error({ error, taskId, worker: session.id }, 'a report could not be settled');
    }
  }

  #settleReport(session: WorkerSession, report: Report): Promise<boolean> {
    const outcome = parseOutcome(report.outcome);
    const tracked = session.held.get(report.taskId);
    if (tracked?.attempt === report.attempt) {
      return this.#tracker.end(session, tracked, endingOf(report, outcome));
    }
    return this.#parts.settler.recordLate({
      taskId: report.taskId,
      attempt: report.attempt,
      workerId: session.id,
      outcome,
      resultJson: report.resultJson ?? null,
      stopConfirmedAgoMs: report.stopConfirmedAgoMs ?? null,
    });
  }

  async #giveBack(session: WorkerSession, refs: AttemptRef[]): Promise<void> {
    try {
      const laneIds = await this.#tracker.giveBack(session, refs);
      this.heat(laneIds);
      for (const laneId of laneIds) this.heat(this.#parts.controls.freedBy(laneId));
    } catch (error) {
      // They stay with the worker until its lease ends or their deadline comes.
      this.#parts.log.warn({ error, worker: session.id }, 'attempts could not be given back');
    }
  }

  #noteDraining(session: WorkerSession): void {
    if (session.draining) return;
    session.draining = true;
    this.#parts.store.workers.setDraining(session.id).catch((error: unknown) => {
      this.#parts.log.warn({ error, worker: session.id }, 'draining could not be noted');
    });
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
    if (this.#sessions.size === 0) return;
    try {
      await this.#parts.lanes.refresh();
    } catch (error) {
      this.#parts.log.debug({ error }, 'lanes could not be read');
    }
    await this.#readControls();
    for (const group of this.#groups.values()) group.heatAll();
  }
}

function refName(ref: AttemptRef): string {
  return `${ref.taskId} ${ref.attempt}`;
}
