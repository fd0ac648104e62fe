import type { Clock } from '@mayfly/contracts';
import {
  workerFrame,
  type OutputChunk,
  type Progress,
  type Report,
  type WorkerFrame,
} from '@mayfly/contracts/worker-protocol';
import type { SourceSession } from '../source/task-source.ts';

/** A report with its times on the monotonic clock; they become "so long ago" when it is sent. */
export interface PendingReport {
  report: Omit<Report, 'stopRequestedAgoMs' | 'stopConfirmedAgoMs'>;
  stopRequestedAt: number | undefined;
  stopConfirmedAt: number | undefined;
}

/** Output on its way to the server; beyond this the worker holds it back. */
const UNSTORED_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What the worker has to say, gathered into one frame a turn. Reports and output stay here until
 * the server has stored them, and go out again over the next connection.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #reports = new Map<string, PendingReport>();
  #unsent: string[] = [];
  /** Output in order; the first `#sentChunks` are on their way. */
  #chunks: OutputChunk[] = [];
  #sentChunks = 0;
  #sentBytes = 0;
  /** Chunks of this session that the server has stored. */
  #stored = 0;
  #progress = new Map<string, Progress>();
  #urgent: Partial<WorkerFrame> = {};
  #session: SourceSession | undefined;
  #armed = false;
  readonly #waitingForEmpty: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Attempts whose end the server has not acknowledged. */
  unsettled(): { taskId: string; attempt: number }[] {
    return [...this.#reports.values()].map(({ report }) => report);
  }

  /** Resolves when the server has stored all that it was told. */
  emptied(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForEmpty.push(resolve));
  }

  get #isEmpty(): boolean {
    return this.#reports.size === 0 && this.#chunks.length === 0;
  }

  #tellEmpty(): void {
    if (this.#isEmpty) for (const resolve of this.#waitingForEmpty.splice(0)) resolve();
  }

  /** A new session: what the last one did not get stored is sent again. */
  connect(session: SourceSession): void {
    this.#session = session;
    this.#urgent = {};
    this.#unsent = [...this.#reports.keys()];
    this.#sentChunks = 0;
    this.#sentBytes = 0;
    this.#stored = 0;
    session.onWritable(() => this.#arm());
    this.#arm();
  }

  disconnect(): void {
    this.#session = undefined;
  }

  report(pending: PendingReport): void {
    const name = nameOf(pending.report);
    this.#reports.set(name, pending);
    this.#unsent.push(name);
    this.#arm();
  }

  settled(ref: { taskId: string; attempt: number }): void {
    this.#reports.delete(nameOf(ref));
    this.#tellEmpty();
  }

  output(chunk: OutputChunk): void {
    this.#chunks.push(chunk);
    this.#arm();
  }

  /** @param count chunks of this session that are stored, all in all */
  stored(count: number): void {
    const gone = this.#chunks.splice(0, count - this.#stored);
    this.#stored = count;
    this.#sentChunks -= gone.length;
    for (const chunk of gone) this.#sentBytes -= chunk.data.byteLength;
    this.#tellEmpty();
    if (this.#chunks.length > this.#sentChunks) this.#arm();
  }

  /** Only the latest progress of an attempt matters. */
  progress(update: Progress): void {
    this.#progress.set(nameOf(update), update);
    this.#arm();
  }

  /** Parts that only make sense on this connection. */
  say(parts: Partial<WorkerFrame>): void {
    const { credits = 0, returned = [], ...rest } = this.#urgent;
    this.#urgent = {
      ...rest,
      ...parts,
      credits: credits + (parts.credits ?? 0),
      returned: [...returned, ...(parts.returned ?? [])],
    };
    this.#arm();
  }

  /** Drops all: the incarnation that this belongs to is over. */
  clear(): void {
    this.#reports.clear();
    this.#chunks = [];
    this.#progress.clear();
    this.#unsent = [];
    this.#tellEmpty();
  }

  #arm(): void {
    if (this.#armed || !this.#session?.writable) return;
    this.#armed = true;
    queueMicrotask(() => {
      this.#armed = false;
      this.#flush();
    });
  }

  #flush(): void {
    const session = this.#session;
    if (!session?.writable) return;
    const frame = workerFrame({
      ...this.#urgent,
      output: this.#takeOutput(),
      progress: [...this.#progress.values()],
      reports: this.#takeReports(),
      sentAtMs: this.#clock.monotonic(),
    });
    this.#urgent = {};
    this.#progress.clear();
    if (hasContent(frame)) session.send(frame);
  }

  #takeOutput(): OutputChunk[] {
    const taken: OutputChunk[] = [];
    for (
      let chunk = this.#chunks[this.#sentChunks];
      chunk;
      chunk = this.#chunks[this.#sentChunks]
    ) {
      if (this.#sentBytes > 0 && this.#sentBytes + chunk.data.byteLength > UNSTORED_BYTES_MAX)
        break;
      taken.push(chunk);
      this.#sentChunks++;
      this.#sentBytes += chunk.data.byteLength;
    }
    return taken;
  }

  /** The end of an attempt goes out after everything that it printed. */
  #takeReports(): Report[] {
    const held = new Set(this.#chunks.slice(this.#sentChunks).map(nameOf));
    const ready = this.#unsent.filter((name) => !held.has(name));
    this.#unsent = this.#unsent.filter((name) => held.has(name));
    const now = this.#clock.monotonic();
    const ago = (at: number | undefined): number | undefined =>
      at === undefined ? undefined : Math.max(0, Math.round(now - at));
    return ready.flatMap((name) => {
      const pending = this.#reports.get(name);
      if (!pending) return [];
      return {
        ...pending.report,
        stopRequestedAgoMs: ago(pending.stopRequestedAt),
        stopConfirmedAgoMs: ago(pending.stopConfirmedAt),
      };
    });
  }
}

function nameOf(ref: { taskId: string; attempt: number }): string {
  return `${ref.taskId} ${ref.attempt}`;
}

function hasContent(frame: WorkerFrame): boolean {
  return (
    frame.heartbeat !== undefined ||
    frame.credits !== 0 ||
    frame.draining ||
    frame.reports.length > 0 ||
    frame.output.length > 0 ||
    frame.progress.length > 0 ||
    frame.returned.length > 0
  );
}
