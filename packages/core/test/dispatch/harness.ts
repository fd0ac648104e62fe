import {
  LIMITS,
  parseFaults,
  silentLog,
  submissionSchema,
  systemClock,
  type Clock,
  type Submission,
  type Task,
} from '@mayfly/contracts';
import {
  serverFrame,
  workerFrame,
  type Assignment,
  type AttemptRef,
  type Report,
  type ServerFrame,
  type WorkerFrame,
} from '@mayfly/contracts/worker-protocol';
import {
  createCore,
  type Core,
  type Lifetimes,
  type Principal,
  type Store,
  type WorkerSession,
} from '@mayfly/core';
import { openTestStore, type TestServer } from '@mayfly/testkit';

export const ME: Principal = {
  id: '01900000-0000-7000-8000-000000000001',
  name: 'me',
  claims: ['admin'],
};

const NOOP = { name: 'noop', description: '', paramsSchema: {}, isolation: 'inline' } as const;

const LIFETIMES: Lifetimes = {
  heartbeatMs: 1000,
  leaseMs: 60_000,
  leaseMarginMs: 0,
  confirmPatienceMs: 50,
  pollMs: 60_000,
};

/** A core on a real store, with workers whose every word a test decides. */
export class Harness {
  readonly store: Store;
  readonly core: Core;

  private constructor(store: Store, core: Core) {
    this.store = store;
    this.core = core;
  }

  static async open(
    server: TestServer,
    options: { clock?: Clock; lifetimes?: Partial<Lifetimes>; store?: Store; faults?: string } = {},
  ): Promise<Harness> {
    const store = options.store ?? (await openTestStore(server));
    const core = await createCore({
      store,
      clock: options.clock ?? systemClock,
      log: silentLog,
      lifetimes: { ...LIFETIMES, ...options.lifetimes },
      ttlMsMax: 86_400_000,
      retentionMs: LIMITS.retentionMsDefault,
      random: () => 0,
      faults: parseFaults(options.faults),
    });
    await core.types.add([NOOP]);
    return new Harness(store, core);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core.close();
    await this.store.close();
  }

  async submit(changes: Partial<Submission> = {}): Promise<Task> {
    const submission = submissionSchema.parse({ type: 'noop', ttlMs: 60_000, ...changes });
    const { tasks } = await this.core.submissions.submit(ME, submission);
    return tasks[0] as Task;
  }

  get(id: string): Promise<Task> {
    return this.core.queries.get(ME, id);
  }

  /** Resolves when the task has the status; each change of it is a signal to look again. */
  async until(id: string, status: Task['status']): Promise<Task> {
    let changed = Promise.withResolvers<void>();
    const unwatch = this.core.feed.watch(id, () => changed.resolve());
    try {
      for (;;) {
        const next = changed.promise;
        const task = await this.get(id);
        if (task.status === status) return task;
        await next;
        changed = Promise.withResolvers<void>();
      }
    } finally {
      unwatch();
    }
  }

  worker(
    credits = 1,
    incarnation: string = crypto.randomUUID(),
    running: AttemptRef[] = [],
  ): Promise<FakeWorker> {
    return FakeWorker.attach(this.core, { credits, incarnation, running });
  }
}

interface Awaited_ {
  matches(frame: ServerFrame): boolean;
  resolve(frame: ServerFrame): void;
}

/** The far end of a session. */
export class FakeWorker {
  readonly incarnation: string;
  readonly frames: ServerFrame[] = [];
  closedFor: string | undefined;
  #session: WorkerSession | undefined;
  readonly #core: Core;
  #awaited: Awaited_[] = [];

  private constructor(core: Core, incarnation: string) {
    this.#core = core;
    this.incarnation = incarnation;
  }

  static async attach(
    core: Core,
    options: { credits: number; incarnation: string; running: AttemptRef[] },
  ): Promise<FakeWorker> {
    const worker = new FakeWorker(core, options.incarnation);
    const registration = {
      incarnation: options.incarnation,
      name: 'fake',
      host: 'here',
      pid: 1,
      version: '0',
      concurrency: 4,
      queues: [],
      types: [NOOP],
      runtimes: [],
      sandbox: null,
    };
    worker.#session = await core.dispatcher.attach(
      { registrationJson: JSON.stringify(registration), running: options.running },
      {
        send: (frame) => worker.#take(frame),
        close: (reason) => {
          worker.closedFor = reason;
        },
      },
    );
    if (options.credits > 0) worker.say({ credits: options.credits });
    return worker;
  }

  say(parts: Partial<WorkerFrame>): void {
    this.#core.dispatcher.receive(this.#session as WorkerSession, workerFrame(parts));
  }

  report(ref: AttemptRef, outcome: string, parts: Partial<Report> = {}): void {
    const nothing = {
      resultJson: undefined,
      errorCode: undefined,
      errorMessage: undefined,
      stopRequestedAgoMs: undefined,
      stopConfirmedAgoMs: undefined,
    };
    const { taskId, attempt } = ref;
    this.say({ reports: [{ taskId, attempt, outcome, ...nothing, ...parts }] });
  }

  disconnect(): void {
    this.#core.dispatcher.detach(this.#session as WorkerSession);
  }

  async nextAssignment(): Promise<Assignment> {
    const frame = await this.next((candidate) => candidate.assignments.length > 0);
    return frame.assignments.shift() as Assignment;
  }

  /** Resolves with the first frame, past or future, that matches; an assignment is given once. */
  next(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    const known = this.frames.find(matches);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => this.#awaited.push({ matches, resolve }));
  }

  #take(frame: ServerFrame): void {
    this.frames.push(serverFrame(frame));
    const last = this.frames.at(-1) as ServerFrame;
    const ready = this.#awaited.filter((entry) => entry.matches(last));
    this.#awaited = this.#awaited.filter((entry) => !ready.includes(entry));
    for (const entry of ready) entry.resolve(last);
  }
}
