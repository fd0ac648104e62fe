import { MayflyError, type SandboxInfo } from '@mayfly/contracts';
import type {
  OutputListener,
  ProgramEnd,
  ProgramRun,
  ProgramSpec,
  Sandbox,
  StopReason,
} from '../sandbox.ts';
import type { BubblewrapOptions } from './in-process-sandbox.ts';
import { SupervisorLink } from './supervisor/link.ts';
import type { News, Order } from './supervisor/messages.ts';

/**
 * Starts a bubblewrap sandbox with a supervisor process of its own, so that what a run costs does
 * not depend on how large and busy this process is. Throws `sandbox.unavailable` with the command
 * that mends the machine.
 */
export async function createBubblewrapSandbox(options: BubblewrapOptions = {}): Promise<Sandbox> {
  const supervision = new Supervision(options);
  return {
    info: await supervision.opened,
    start: (spec) => supervision.start(spec),
    close: () => supervision.close(),
  };
}

interface PendingRun {
  link: SupervisorLink;
  onOutput: OutputListener | undefined;
  resolve: (end: ProgramEnd) => void;
}

/** The current supervisor, and the runs that wait for it. A dead one is followed by a new one. */
class Supervision {
  /** Resolves when the first supervisor is ready; rejects when it refuses. */
  readonly opened: Promise<SandboxInfo>;
  readonly #options: BubblewrapOptions;
  readonly #opening = Promise.withResolvers<SandboxInfo>();
  readonly #pending = new Map<number, PendingRun>();
  #link: SupervisorLink;
  #lastId = 0;
  /** Why the supervisor would not open a sandbox. */
  #refusal: string | null = null;
  #closed = false;

  constructor(options: BubblewrapOptions) {
    this.#options = options;
    this.opened = this.#opening.promise;
    this.#link = this.#connect();
    this.#link.setIdle(false);
  }

  start(spec: ProgramSpec): ProgramRun {
    if (this.#closed) {
      throw new MayflyError('sandbox.unavailable', 'The sandbox is closed: create a new one.');
    }
    if (!this.#link.alive) this.#link = this.#connect();
    const link = this.#link;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise: done, resolve } = Promise.withResolvers<ProgramEnd>();
    const { onOutput, ...sent } = spec;
    this.#pending.set(id, { link, onOutput, resolve });
    link.setIdle(false);
    link.send({ type: 'start', id, spec: sent });
    const order = (type: 'terminate' | 'kill') => (reason: StopReason) =>
      link.send({ type, id, reason });
    return { done, terminate: order('terminate'), kill: order('kill') };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#link.setIdle(false);
    this.#link.send({ type: 'close' });
    await this.#link.gone;
  }

  #connect(): SupervisorLink {
    const link = new SupervisorLink((news) => this.#hear(news));
    const open: Order = { type: 'open', options: this.#options };
    link.send(open);
    void link.gone.then(() => this.#lose(link));
    return link;
  }

  #hear(news: News): void {
    switch (news.type) {
      case 'opened':
        this.#opening.resolve(news.info);
        this.#rest();
        return;
      case 'refused':
        this.#opening.reject(new MayflyError(news.code, news.detail));
        this.#refusal = news.detail;
        this.#link.send({ type: 'close' });
        return;
      case 'output':
        this.#pending.get(news.id)?.onOutput?.(news.stream, news.chunk);
        return;
      case 'ended':
        this.#end(news.id, news.end);
    }
  }

  #lose(link: SupervisorLink): void {
    const failure = this.#refusal ?? 'The supervisor of the sandbox ended unexpectedly.';
    this.#refusal = null;
    this.#opening.reject(new MayflyError('sandbox.unavailable', failure));
    for (const [id, run] of this.#pending) {
      if (run.link === link) this.#end(id, describeLoss(failure));
    }
  }

  #end(id: number, end: ProgramEnd): void {
    const run = this.#pending.get(id);
    this.#pending.delete(id);
    run?.resolve(end);
    this.#rest();
  }

  #rest(): void {
    if (this.#pending.size === 0) this.#link.setIdle(true);
  }
}

function describeLoss(failure: string): ProgramEnd {
  return {
    verdict: 'sandbox-error',
    exitCode: null,
    signal: null,
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    stdoutTruncated: false,
    stderrTruncated: false,
    usage: { wallMs: 0, cpuMs: null, peakMemoryBytes: null, processes: null },
    artifact: null,
    failure,
  };
}
