import { MayflyError, type Clock, type Faults, type Log } from '@mayfly/contracts';
import type { Hello, Report, WorkerFrame } from '@mayfly/contracts/worker-protocol';
import type { LaneCatalog } from '../catalog/lane-catalog.ts';
import type { QueueCatalog } from '../catalog/queue-catalog.ts';
import type { RuntimeCatalog } from '../catalog/runtime-catalog.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { RunningTask } from '../ports/control-store.ts';
import type { Store } from '../ports/store.ts';
import type { RateMeter } from '../queues/rate-meter.ts';
import type { AttemptRef, ClaimedAttempt } from '../task/attempt.ts';
import { AttemptTracker } from './attempt-tracker.ts';
import { ClaimDesk } from './claim-desk.ts';
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
  meter: RateMeter;
  settler: Settler;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  faults?: Faults | undefined;
}

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
  readonly #claims: ClaimDesk;
  readonly #tracker: AttemptTracker;
  readonly #leases: LeaseDesk;
  readonly #output: OutputDesk;
  #draining = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { store, clock, log, feed, lifetimes, settler } = parts;
    this.#tracker = new AttemptTracker({ store: store.dispatch, settler, clock, log, lifetimes });
    this.#output = new OutputDesk({ store: store.dispatch, feed, clock, log });
    this.#leases = new LeaseDesk({
      workers: store.workers,
      keeper: store.keeper,
      leaseMs: lifetimes.leaseMs,
      clock,
      log,
      onPendingStops: (stops, ageMs) => this.#tracker.tellPending(stops, ageMs),
      onDraining: (workerIds) => this.#tellToDrain(workerIds),
    });
    this.#claims = new ClaimDesk({
      ...parts,
      assign: (to, attempts, moreWaiting) => this.#assign(to, attempts, moreWaiting),
      giveBack: (from, attempts) => {
        for (const attempt of attempts) this.#tracker.track(from, attempt);
        void this.#giveBack(from, attempts);
      },
      onMoved: (session) => this.#noteMoved(session),
      isCurrent: (session) => this.#sessions.get(session.id) === session,
    });
    store.hints.workers.onAnnounced((workerIds) => this.#lookFor(workerIds));
  }

  /** Tasks wait in these lanes. */
  heat(laneIds: Iterable<number>): void {
    this.#claims.heat(laneIds);
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
    const number = await store.workers.register(registration, lifetimes.leaseMs);
    if (number === null) {
      throw new MayflyError(
        'attempt.lease_lost',
        'The lease of this incarnation is over. Stop its attempts and come back as a new one.',
      );
    }
    runtimes.invalidate();
    const heardAt = this.#parts.clock.monotonic();
    const session = new WorkerSession(registration, link, { session: number, heardAt });
    this.#replace(session);
    const disowned = await this.#adopt(session, hello.running);
    session.queue((frame) => {
      const { leaseMs, heartbeatMs } = lifetimes;
      frame.welcome = { leaseMs, heartbeatMs, disowned };
    });
    this.#claims.join(session);
    return session;
  }

  /** Handles what a worker says. */
  receive(session: WorkerSession, frame: WorkerFrame): void {
    if (frame.sentAtMs !== undefined) {
      session.clock.hear(frame.sentAtMs, this.#parts.clock.monotonic());
    }
    if (frame.heartbeat !== undefined) this.#hear(session, frame.heartbeat, frame.stuck);
    if (frame.output.length > 0) session.follow(this.#output.append(session, frame.output));
    if (frame.progress.length > 0) this.#output.progress(session, frame.progress);
    for (const report of frame.reports) void this.#settle(session, report);
    if (frame.returned.length > 0) void this.#giveBack(session, frame.returned);
    if (frame.draining) this.#noteDraining(session);
    if (frame.credits !== 0) {
      session.credits += frame.credits;
      this.#claims.pump(session);
    }
  }

  /** The connection is gone. The worker keeps its attempts until its lease ends. */
  detach(session: WorkerSession): void {
    session.connected = false;
    this.#claims.leave(session);
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    if (!session.leaving || session.held.size > 0) return;
    this.#parts.store.workers.release(session.ref).catch((error: unknown) => {
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
    this.#claims.drain();
    for (const session of this.#sessions.values()) this.#claims.leave(session);
  }

  close(): void {
    this.drain();
    this.#claims.close();
    this.#tracker.close();
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

  /** The worker has come back over a later connection; this one only seems to be open. */
  #noteMoved(session: WorkerSession): void {
    this.detach(session);
    session.close('the worker has moved to another connection');
  }

  /** Compares what the worker runs with what the store says it holds. @returns what it must kill */
  async #adopt(session: WorkerSession, running: AttemptRef[]): Promise<AttemptRef[]> {
    const { dispatch } = this.#parts.store;
    // A server that still believes in an earlier connection may be claiming for it.
    const held =
      session.ref.session > 1
        ? await dispatch.listHeldForGood(session.id)
        : await dispatch.listHeld(session.id);
    const runs = new Set(running.map(refName));
    const known = new Set(held.map(refName));
    for (const attempt of held) this.#tracker.track(session, attempt);
    const stopping = held.filter((attempt) => attempt.cancelRequested);
    this.#tracker.stop(stopping.filter((attempt) => runs.has(refName(attempt))));
    const unstarted = held.filter((attempt) => !runs.has(refName(attempt)));
    if (unstarted.length > 0) await this.#giveBack(session, unstarted);
    return running.filter((ref) => !known.has(refName(ref)));
  }

  #hear(session: WorkerSession, heartbeat: number, stuck: number): void {
    session.heardAt = this.#parts.clock.monotonic();
    void this.#leases.heartbeat(session, heartbeat, stuck);
    this.#claims.pump(session);
  }

  #assign(session: WorkerSession, attempts: ClaimedAttempt[], moreWaiting: boolean): void {
    const { lanes, feed, meter, clock } = this.#parts;
    meter.noteStarts(attempts);
    for (const attempt of attempts) this.#tracker.track(session, attempt);
    const now = clock.monotonic();
    session.queue((frame) => {
      frame.moreWaiting = moreWaiting;
      for (const { taskId, attempt, laneId, paramsJson, leftMs, graceMs } of attempts) {
        const { type } = lanes.get(laneId);
        const ttlMs = Math.max(0, Math.round(leftMs));
        const deadlineAtMs = session.clock.tell(now + leftMs, now);
        const assignment = { taskId, attempt, type, paramsJson, ttlMs, graceMs, deadlineAtMs };
        frame.assignments.push(assignment);
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
      // What an attempt printed, and how far it came, must be stored when its end is seen.
      if (session.outputInFlight) await session.outputInFlight;
      let saving = this.#output.progressInFlight(taskId);
      for (; saving; saving = this.#output.progressInFlight(taskId)) await saving;
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
      this.#claims.free(await this.#tracker.giveBack(session, refs));
    } catch (error) {
      // They stay with the worker until its lease ends or their deadline comes.
      this.#parts.log.warn({ error, worker: session.id }, 'attempts could not be given back');
    }
  }

  #noteDraining(session: WorkerSession): void {
    session.leaving = true;
    if (session.draining) return;
    session.draining = true;
    this.#parts.store.workers.setDraining(session.id).catch((error: unknown) => {
      this.#parts.log.warn({ error, worker: session.id }, 'draining could not be noted');
    });
  }
}

function refName(ref: AttemptRef): string {
  return `${ref.taskId} ${ref.attempt}`;
}
