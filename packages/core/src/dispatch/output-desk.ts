import type { Clock, Log, OutputStream } from '@mayfly/contracts';
import { OUTPUT_STREAMS } from '@mayfly/contracts';
import type { OutputChunk, Progress } from '@mayfly/contracts/worker-protocol';
import { Coalescer } from '../batching/coalescer.ts';
import { mayIsolate } from '../batching/may-isolate.ts';
import { persist } from '../batching/persist.ts';
import type { TaskFeed } from '../live/task-feed.ts';
import type { DispatchStore, OutputRecord, ProgressRecord } from '../ports/dispatch-store.ts';
import type { WorkerSession } from './worker-session.ts';

const FLUSH_BYTES_MAX = 4 * 1024 * 1024;

/** What a chunk costs beside its bytes. */
const CHUNK_OVERHEAD_BYTES = 100;

interface Parts {
  store: DispatchStore;
  feed: TaskFeed;
  clock: Clock;
  log: Log;
}

/** Stores what running attempts print and how far they are. */
export class OutputDesk {
  readonly #parts: Parts;
  readonly #closing = new AbortController();
  readonly #chunks: Coalescer<OutputRecord, true>;
  readonly #progress = new Map<string, ProgressRecord>();
  /** Tasks whose progress is being stored, and the end of that. */
  readonly #saving = new Set<string>();
  #round: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#chunks = new Coalescer({
      flush: (chunks) => this.#store(chunks),
      weigh: (chunk) => chunk.data.byteLength + CHUNK_OVERHEAD_BYTES,
      maxWeight: FLUSH_BYTES_MAX,
      maxInFlight: 1,
      mayIsolate,
    });
  }

  close(): void {
    this.#closing.abort(new Error('the server closes'));
  }

  /** Stores chunks of attempts that the session holds, and tells the worker when they are safe. */
  async append(session: WorkerSession, chunks: OutputChunk[]): Promise<void> {
    const records = chunks.filter((chunk) => isHeld(session, chunk)).map(toRecord);
    try {
      await Promise.all(records.map((record) => this.#chunks.add(record)));
      session.acknowledgeOutput(chunks.length);
    } catch (error) {
      this.#parts.log.warn({ error, worker: session.id }, 'output could not be stored');
      session.close('its output could not be stored');
    }
  }

  /** Remembers the latest progress of each attempt; what came in between is not stored. */
  progress(session: WorkerSession, updates: Progress[]): void {
    for (const update of updates) {
      if (!isHeld(session, update) || !Number.isFinite(update.percent)) continue;
      const percent = Math.round(100 * Math.min(100, Math.max(0, update.percent))) / 100;
      this.#progress.set(update.taskId, { ...update, percent });
    }
    this.#saveProgress();
  }

  /** Ends when something of the progress that has come for the task is stored; undefined: all is. */
  progressInFlight(taskId: string): Promise<void> | undefined {
    return this.#progress.has(taskId) || this.#saving.has(taskId) ? this.#round : undefined;
  }

  async #store(chunks: OutputRecord[]): Promise<true[]> {
    const { store, clock, feed } = this.#parts;
    await persist(() => store.appendOutput(chunks), { clock, signal: this.#closing.signal });
    for (const taskId of new Set(chunks.map((chunk) => chunk.taskId))) feed.touch(taskId);
    return chunks.map(() => true);
  }

  #saveProgress(): void {
    if (this.#round || this.#progress.size === 0) return;
    const updates = [...this.#progress.values()];
    this.#progress.clear();
    for (const { taskId } of updates) this.#saving.add(taskId);
    this.#round = this.#storeProgress(updates).finally(() => {
      this.#saving.clear();
      this.#round = undefined;
      this.#saveProgress();
    });
  }

  async #storeProgress(updates: ProgressRecord[]): Promise<void> {
    const { store, feed, log } = this.#parts;
    try {
      await store.saveProgress(updates);
      for (const update of updates) feed.touch(update.taskId);
    } catch (error) {
      // Progress is a courtesy: the next report brings a newer one.
      log.debug({ error }, 'progress could not be stored');
    }
  }
}

function isHeld(session: WorkerSession, ref: { taskId: string; attempt: number }): boolean {
  return session.held.get(ref.taskId)?.attempt === ref.attempt;
}

function toRecord(chunk: OutputChunk): OutputRecord {
  const stream = OUTPUT_STREAMS.includes(chunk.stream as OutputStream)
    ? (chunk.stream as OutputStream)
    : 'log';
  return { ...chunk, stream };
}
