import { type Clock, type JsonValue, type Log, type TaskType, type Timer } from '@mayfly/contracts';
import type { Assignment, AttemptRef, NewDeadline, Stop } from '@mayfly/contracts/worker-protocol';
import type { Isolation, KillReason } from '../isolation/isolation.ts';
import { AttemptRun } from './attempt-run.ts';
import type { Outbox } from './outbox.ts';
import { PrefetchGauge } from './prefetch-gauge.ts';

/** A task type with the place that runs it. */
export interface Operation {
  taskType: TaskType;
  isolation: Isolation;
}

interface Parts {
  operations: Operation[];
  /** Attempts that run at one time. */
  concurrency: number;
  outbox: Outbox;
  clock: Clock;
  log: Log;
  /** The last attempt that was disowned is dead. */
  onBuried(): void;
}

interface Queued {
  assignment: Assignment;
  deadlineAt: number;
  receivedAt: number;
}

/** An attempt that found no free place for so long goes back, for other workers to take. */
const QUEUED_MS_MAX = 50;

/** The attempts of a worker: those that run, and the few that wait for a free place. */
export class AttemptBoard {
  readonly #parts: Parts;
  readonly #operations: Map<string, Operation>;
  readonly #gauge = new PrefetchGauge();
  readonly #runs = new Map<string, AttemptRun>();
  /** Attempts that are over while their code runs on, deaf to its signal. */
  readonly #stuck = new Set<string>();
  /** Attempts that were disowned and have still to die; they take a place and nothing else. */
  #dying = 0;
  #queue: Queued[] = [];
  #queueTimer: Timer | undefined;
  #quietTimer: Timer | undefined;
  /** Credits that the server has and has not used. */
  #granted = 0;
  #taking = false;
  #granting = false;
  readonly #waitingForIdle: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#operations = new Map(parts.operations.map((item) => [item.taskType.name, item]));
  }

  get running(): number {
    return this.#runs.size + this.#dying;
  }

  get stuck(): number {
    return this.#stuck.size;
  }

  /** Attempts that are no longer this worker's and still live. */
  get dying(): number {
    return this.#dying;
  }

  /** Everything that the server believes to be here. */
  refs(): AttemptRef[] {
    const running = [...this.#runs.keys()].map((name) => {
      const [taskId, attempt] = name.split(' ') as [string, string];
      return { taskId, attempt: Number(attempt) };
    });
    const queued = this.#queue.map(({ assignment: { taskId, attempt } }) => ({ taskId, attempt }));
    return [...running, ...queued];
  }

  /** A new session: the server knows of no credits. */
  open(): void {
    this.#taking = true;
    this.#granted = 0;
    this.#grant();
  }

  /** @param moreWaiting the server had more than this worker has asked for */
  accept(assignments: Assignment[], moreWaiting: boolean): void {
    if (!this.#taking) {
      this.#giveBack(assignments.map((assignment) => ({ assignment })));
      return;
    }
    const receivedAt = this.#parts.clock.monotonic();
    this.#granted -= assignments.length;
    this.#gauge.arrived(receivedAt, moreWaiting);
    this.#watchQuiet();
    for (const assignment of assignments) {
      this.#queue.push({ assignment, receivedAt, deadlineAt: deadlineOf(assignment, receivedAt) });
    }
    this.#advance();
  }

  stop(stops: Stop[]): void {
    for (const { taskId, attempt, reason, graceMs } of stops) {
      const run = this.#runs.get(`${taskId} ${attempt}`);
      if (run) run.stop(killReason(reason), graceMs);
      else this.#answerStop(taskId, attempt, reason);
    }
  }

  moveDeadlines(deadlines: NewDeadline[]): void {
    const now = this.#parts.clock.monotonic();
    for (const deadline of deadlines) {
      const run = this.#runs.get(`${deadline.taskId} ${deadline.attempt}`);
      run?.moveDeadline(deadlineOf(deadline, now));
    }
  }

  /** These are no longer this worker's. */
  disown(refs: AttemptRef[]): void {
    const names = new Set(refs.map((ref) => `${ref.taskId} ${ref.attempt}`));
    this.#queue = this.#queue.filter(
      ({ assignment }) => !names.has(`${assignment.taskId} ${assignment.attempt}`),
    );
    for (const name of names) this.#abandon(name);
  }

  /** The lease is lost: nothing here is this worker's any more. */
  disownAll(): void {
    this.#taking = false;
    this.#queue = [];
    for (const name of this.#runs.keys()) this.#abandon(name);
  }

  /** Takes nothing more and gives back what has not started. */
  drain(): void {
    this.#taking = false;
    this.#quietTimer?.cancel();
    this.#giveBack(this.#queue);
    this.#queue = [];
  }

  stopAll(reason: KillReason, graceMs: number): void {
    for (const run of this.#runs.values()) run.stop(reason, graceMs);
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForIdle.push(resolve));
  }

  #advance(): void {
    while (this.#queue.length > 0 && this.running < this.#parts.concurrency) {
      this.#start(this.#queue.shift() as Queued);
    }
    this.#watchQueue();
    this.#grant();
  }

  #start({ assignment, deadlineAt }: Queued): void {
    const { clock, outbox } = this.#parts;
    const { taskId, attempt, type, paramsJson } = assignment;
    const operation = this.#operations.get(type);
    if (!operation) {
      this.#parts.log.error({ taskId, type }, 'the server sent a type that is not here');
      this.#giveBack([{ assignment }]);
      return;
    }
    const name = `${taskId} ${attempt}`;
    const startedAt = clock.monotonic();
    if (deadlineAt <= startedAt) {
      this.#reportUnstarted({ taskId, attempt }, 'expired');
      return;
    }
    const run = new AttemptRun({
      assignment,
      deadlineAt,
      params: JSON.parse(paramsJson) as JsonValue,
      isolation: operation.isolation,
      outbox,
      clock,
      onStuck: () => void this.#stuck.add(name),
      onEnded: () => {
        this.#stuck.delete(name);
        this.#gauge.record(clock.monotonic() - startedAt);
        if (!this.#runs.delete(name)) this.#bury();
        this.#advance();
        if (this.running === 0) for (const resolve of this.#waitingForIdle.splice(0)) resolve();
      },
    });
    this.#runs.set(name, run);
  }

  #abandon(name: string): void {
    const run = this.#runs.get(name);
    if (!run) return;
    this.#runs.delete(name);
    this.#dying++;
    run.abandon();
  }

  #bury(): void {
    this.#dying--;
    if (this.#dying === 0) this.#parts.onBuried();
  }

  /** Long tasks have come after short ones: what waits too long for a place goes back. */
  #watchQueue(): void {
    const [oldest] = this.#queue;
    if (!oldest || this.#queueTimer) return;
    const { clock } = this.#parts;
    const waitMs = oldest.receivedAt + QUEUED_MS_MAX - clock.monotonic();
    this.#queueTimer = clock.after(waitMs, () => {
      this.#queueTimer = undefined;
      const latest = clock.monotonic() - QUEUED_MS_MAX;
      this.#gauge.close();
      this.#giveBack(this.#queue.filter((queued) => queued.receivedAt <= latest));
      this.#queue = this.#queue.filter((queued) => queued.receivedAt > latest);
      this.#watchQueue();
      this.#grant();
    });
  }

  #giveBack(queued: { assignment: Assignment }[]): void {
    if (queued.length === 0) return;
    const returned = queued.map(({ assignment: { taskId, attempt } }) => ({ taskId, attempt }));
    this.#parts.outbox.say({ returned });
  }

  /** When nothing has come for a moment, nothing waits: what was asked for ahead is taken back. */
  #watchQuiet(): void {
    this.#quietTimer?.cancel();
    this.#quietTimer = this.#parts.clock.after(this.#gauge.quietMs, () => {
      if (!this.#gauge.isOpen) return;
      this.#gauge.close();
      this.#grant();
    });
  }

  /** Tells the server at the end of the turn how many attempts there is room for, more or fewer. */
  #grant(): void {
    if (this.#granting || !this.#taking) return;
    this.#granting = true;
    queueMicrotask(() => {
      this.#granting = false;
      if (!this.#taking) return;
      const { concurrency, outbox } = this.#parts;
      const room = concurrency - this.running - this.#queue.length;
      const credits = Math.max(0, room + this.#gauge.prefetch(concurrency)) - this.#granted;
      if (credits === 0) return;
      this.#granted += credits;
      outbox.say({ credits });
    });
  }

  /** Asked to stop what is not here, or not yet: the server must not wait for it. */
  #answerStop(taskId: string, attempt: number, reason: string): void {
    this.#queue = this.#queue.filter(({ assignment }) => assignment.taskId !== taskId);
    this.#reportUnstarted({ taskId, attempt }, reason === 'ttl' ? 'expired' : 'cancelled');
  }

  /** There is no code to stop, so the stop is confirmed at once. */
  #reportUnstarted({ taskId, attempt }: AttemptRef, outcome: 'expired' | 'cancelled'): void {
    const now = this.#parts.clock.monotonic();
    this.#parts.outbox.report({
      report: {
        taskId,
        attempt,
        outcome,
        resultJson: undefined,
        errorCode: undefined,
        errorMessage: undefined,
      },
      stopRequestedAt: now,
      stopConfirmedAt: now,
    });
  }
}

/** What came late has less time left than it says. */
function deadlineOf(
  timed: Pick<NewDeadline, 'ttlMs' | 'deadlineAtMs'>,
  receivedAt: number,
): number {
  return Math.min(receivedAt + timed.ttlMs, timed.deadlineAtMs ?? Number.POSITIVE_INFINITY);
}

function killReason(reason: string): KillReason {
  return reason === 'ttl' || reason === 'lease-lost' ? reason : 'cancel';
}
