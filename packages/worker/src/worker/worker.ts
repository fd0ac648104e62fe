import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  MayflyError,
  sleep,
  type Clock,
  type Log,
  type RuntimeInfo,
  type SandboxInfo,
  type Timer,
  type WorkerRegistration,
} from '@mayfly/contracts';
import type { ServerFrame } from '@mayfly/contracts/worker-protocol';
import { NO_GUARD, type WorkerGuard } from '../guard/worker-guard.ts';
import type { SourceSession, TaskSource } from '../source/task-source.ts';
import { AttemptBoard, type Operation } from './attempt-board.ts';
import { LeaseGuard } from './lease-guard.ts';
import { Outbox } from './outbox.ts';

export interface WorkerOptions {
  source: TaskSource;
  operations: Operation[];
  runtimes: RuntimeInfo[];
  sandbox: SandboxInfo | null;
  /** Attempts that run at one time. */
  concurrency: number;
  /** Empty: every queue. */
  queues: string[];
  name: string;
  version: string;
  clock: Clock;
  log: Log;
  /** Ends this process when it cannot fence itself. Default: nobody does. */
  guard?: WorkerGuard;
  /** For tests: goes on without a lease. */
  unfenced?: boolean;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_LONGEST_MS = 2000;

/** Time for a stopped attempt to clean up when the worker's own time is over. */
const DRAIN_GRACE_MS = 1000;

/** Time for the last reports to be acknowledged. */
const FAREWELL_MS = 5000;

/** Time for killed attempts to be gone. */
const LAST_WAIT_MS = 3000;

/** Errors that connecting again will not cure. */
const HOPELESS = /^(worker\.rejected|auth\..*)$/;

/**
 * Takes attempts from a source, runs them in their places and reports their ends.
 *
 * The connection may come and go; the lease is what counts. While it lasts, attempts run on and
 * their reports wait. When it cannot be renewed in time, everything is killed, and the worker comes
 * back as a new incarnation.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #outbox: Outbox;
  readonly #board: AttemptBoard;
  readonly #lease: LeaseGuard;
  readonly #guard: WorkerGuard;
  readonly #closing = new AbortController();
  #incarnation = randomUUID();
  #session: SourceSession | undefined;
  #heartbeat: Timer | undefined;
  #draining = false;
  #stuck = 0;
  readonly #failure = Promise.withResolvers<never>();
  /** The heartbeat after which a draining worker has nothing more to wait for. */
  #farewell = Number.POSITIVE_INFINITY;
  readonly #farewellHeard = Promise.withResolvers<void>();
  readonly #drainAsked = Promise.withResolvers<void>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.clock);
    this.#guard = options.guard ?? NO_GUARD;
    this.#board = new AttemptBoard({
      ...options,
      outbox: this.#outbox,
      onBuried: () => this.#tellGuard(),
    });
    this.#lease = new LeaseGuard(options.clock, {
      onExtended: () => this.#tellGuard(),
      onFence: () => {
        if (!options.unfenced) this.#fence();
      },
    });
    // Whoever looks at `failed` says so in words of their own.
    this.#failure.promise.catch((error: unknown) => {
      options.log.debug({ error }, 'the server does not take this worker');
    });
  }

  /** Attempts that run now. */
  get running(): number {
    return this.#board.running;
  }

  /** Resolves when the server asks this worker to drain; whoever runs it does so and ends it. */
  get drainAsked(): Promise<void> {
    return this.#drainAsked.promise;
  }

  /** Rejects when the server will never take this worker: a wrong key, a refused registration. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Resolves when the server has taken the worker in; tries for as long as that may happen. */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      this.#failure.reject(error);
      throw error;
    }
  }

  /**
   * Takes nothing more, lets what runs finish for `deadlineMs`, stops the rest so that it can run
   * elsewhere, and leaves.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#board.drain();
    this.#outbox.say({ draining: true });
    const { clock } = this.#options;
    const timer = clock.after(deadlineMs, () => this.#board.stopAll('drain', DRAIN_GRACE_MS));
    await this.#board.idle();
    timer.cancel();
    await within(clock, FAREWELL_MS, Promise.all([this.#outbox.emptied(), this.#heard()]));
    await this.close();
  }

  /** Leaves at once. What still runs is killed, and handed on when the lease ends. */
  async close(): Promise<void> {
    this.#closing.abort(new MayflyError('server.draining', 'The worker ends.'));
    this.#heartbeat?.cancel();
    this.#lease.stop();
    this.#board.disownAll();
    this.#session?.close();
    this.#session = undefined;
    // An inline handler may never return; it ends with this process.
    await within(this.#options.clock, LAST_WAIT_MS, this.#board.idle());
    await Promise.all(this.#options.operations.map(({ isolation }) => isolation.close()));
    this.#guard.close();
  }

  async #connect(): Promise<void> {
    const { clock, source, log } = this.#options;
    const { signal } = this.#closing;
    for (
      let pauseMs = RECONNECT_FIRST_MS;
      ;
      pauseMs = Math.min(2 * pauseMs, RECONNECT_LONGEST_MS)
    ) {
      signal.throwIfAborted();
      try {
        await this.#open(source);
        return;
      } catch (error) {
        const known = MayflyError.from(error);
        if (HOPELESS.test(known.code)) throw known;
        if (known.code === 'attempt.lease_lost') this.#fence();
        else log.warn({ reason: known.message }, 'the server cannot be reached; trying again');
      }
      await sleep(clock, pauseMs, signal);
    }
  }

  async #open(source: TaskSource): Promise<void> {
    const sentAt = this.#options.clock.monotonic();
    const hello = {
      registrationJson: JSON.stringify(this.#registration()),
      running: [...this.#board.refs(), ...this.#outbox.unsettled()],
    };
    const incarnation = this.#incarnation;
    const session = await source.open(hello, {
      // What was under way when the lease was lost is for others by now.
      onFrame: (frame) => {
        if (this.#incarnation === incarnation) this.#receive(frame, sentAt);
      },
      onClosed: (reason) => this.#closed(session, reason),
    });
    if (this.#closing.signal.aborted) {
      session.close();
      return;
    }
    if (this.#incarnation !== incarnation) {
      session.abort();
      return this.#open(source);
    }
    this.#session = session;
    this.#outbox.connect(session);
    if (this.#draining) this.#outbox.say({ draining: true });
    else this.#board.open();
  }

  #registration(): WorkerRegistration {
    const { name, version, concurrency, queues, operations, runtimes, sandbox } = this.#options;
    return {
      incarnation: this.#incarnation,
      name,
      host: hostname(),
      pid: process.pid,
      version,
      concurrency,
      queues,
      types: operations.map((operation) => operation.taskType),
      runtimes,
      sandbox,
    };
  }

  #receive(frame: ServerFrame, sentAt: number): void {
    if (frame.welcome) {
      this.#lease.start(frame.welcome.leaseMs, sentAt);
      this.#board.disown(frame.welcome.disowned);
      for (const ref of frame.welcome.disowned) this.#outbox.settled(ref);
      this.#beat(frame.welcome.heartbeatMs);
    }
    if (frame.lease && frame.lease.heartbeat >= this.#farewell) this.#farewellHeard.resolve();
    if (frame.lease?.renewed) this.#lease.renewed(frame.lease.heartbeat);
    else if (frame.lease) this.#fence();
    for (const settled of frame.settled) this.#outbox.settled(settled);
    if (frame.outputStored > 0) this.#outbox.stored(frame.outputStored);
    if (frame.assignments.length > 0) this.#board.accept(frame.assignments, frame.moreWaiting);
    if (frame.stops.length > 0) this.#board.stop(frame.stops);
    if (frame.deadlines.length > 0) this.#board.moveDeadlines(frame.deadlines);
    if (frame.drain) this.#heedDrain();
  }

  /** Resolves when the server knows of the drain: nothing that it sends after that is an attempt. */
  #heard(): Promise<void> {
    if (!this.#session) return Promise.resolve();
    this.#farewell = this.#lease.beat();
    this.#outbox.say({ heartbeat: this.#farewell, stuck: this.#board.stuck });
    return this.#farewellHeard.promise;
  }

  #sayHeartbeat(): void {
    const { stuck } = this.#board;
    if (stuck > this.#stuck) {
      this.#options.log.warn({ stuck }, 'handlers ignore their stop, and keep their places');
    }
    this.#stuck = stuck;
    this.#outbox.say({ heartbeat: this.#lease.beat(), stuck });
  }

  /** Takes nothing more from now on, whoever is slow to end this worker. */
  #heedDrain(): void {
    this.#draining = true;
    this.#board.drain();
    this.#outbox.say({ draining: true });
    this.#drainAsked.resolve();
  }

  #beat(everyMs: number): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#options.clock.after(everyMs, () => {
      if (this.#session) this.#sayHeartbeat();
      this.#beat(everyMs);
    });
  }

  #closed(session: SourceSession, reason: MayflyError | undefined): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#outbox.disconnect();
    if (this.#closing.signal.aborted) return;
    this.#options.log.warn({ reason: reason?.message }, 'the connection to the server was cut');
    this.#connect().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#failure.reject(error);
    });
  }

  /** What was disowned and has not died by the end of its lease is ended with this process. */
  #tellGuard(): void {
    if (this.#board.dying > 0) return;
    const { leftMs } = this.#lease;
    if (leftMs === undefined) this.#guard.disarm();
    else this.#guard.arm(leftMs);
  }

  /** The lease is over, or cannot be renewed in time: the server may hand everything on. */
  #fence(): void {
    const running = this.#board.running;
    this.#lease.stop();
    this.#heartbeat?.cancel();
    this.#board.disownAll();
    this.#tellGuard();
    this.#outbox.clear();
    this.#incarnation = randomUUID();
    this.#options.log.warn({ running }, 'the lease was lost; everything that ran was killed');
    // A session of the old incarnation is of no use; its end brings the new one.
    this.#session?.abort();
  }
}

/** Resolves when `work` does, or after `limitMs`. */
async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(clock, limitMs)]);
}
