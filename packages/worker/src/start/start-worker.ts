import { availableParallelism, hostname } from 'node:os';
import { LIMITS, silentLog, systemClock, type Clock, type Log } from '@mayfly/contracts';
import { startWorkerGuard } from '../guard/worker-guard.ts';
import type { Handler } from '../handler/handler.ts';
import { openServerSource, type ServerAddress } from '../source/server-source.ts';
import type { TaskSource } from '../source/task-source.ts';
import { VERSION } from '../version.ts';
import { Worker } from '../worker/worker.ts';
import { createOperations, type OperationSet } from './operation-set.ts';

export interface StartWorkerOptions {
  /** The server to join, or a source that is there already. */
  server: ServerAddress | TaskSource;
  /** Handlers of your own, beside the built-in operations. */
  handlers?: readonly Handler[];
  /** Only these task types. Default: all that this machine can do. */
  types?: readonly string[] | null;
  /** Only these queues. Default: every one. */
  queues?: string[];
  /** Attempts at one time. Default: twice the cores, and at least 4. */
  concurrency?: number;
  /** Shown by the API. Default: host and process id. */
  name?: string;
  /** Lets `http.request` reach addresses of private networks. */
  allowPrivateAddresses?: boolean;
  /** Environment of handlers in processes of their own. Default: a plain `PATH`. */
  handlerEnvironment?: Record<string, string>;
  /**
   * Has a second process kill this one when it is stopped, or blocked by an inline handler, for
   * longer than its lease. For programs that are nothing but a worker. Default: false.
   */
  guard?: boolean;
  /** For tests: this worker breaks its word and goes on without a lease. */
  unfenced?: boolean;
  clock?: Clock;
  log?: Log;
}

/** A worker that has joined its server. */
export interface RunningWorker {
  name: string;
  concurrency: number;
  worker: Worker;
  set: OperationSet;
  /**
   * Takes nothing more, lets what runs finish for `deadlineMs`, stops the rest, and leaves. Call it
   * when `worker.drainAsked` resolves, too: an operator wants this worker to end.
   */
  drain(deadlineMs: number): Promise<void>;
  /** Leaves at once. What runs is killed, and handed on by the server. */
  close(): Promise<void>;
}

const PLAIN_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const CONCURRENCY_MIN = 4;

export function defaultConcurrency(): number {
  return Math.max(CONCURRENCY_MIN, 2 * availableParallelism());
}

/**
 * Finds out what this machine can do, and joins a server with it; waits for as long as that takes.
 *
 * @throws MayflyError for handlers or types that cannot be, and when the server refuses
 */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { clock = systemClock, log = silentLog, server } = options;
  const source = 'open' in server ? server : await openServerSource(server);
  const set = await createOperations({
    clock,
    handlers: options.handlers ?? [],
    types: options.types ?? null,
    allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    handlerEnvironment: options.handlerEnvironment ?? PLAIN_ENVIRONMENT,
  });
  if (set.sandboxFailure !== null) {
    log.warn({ reason: set.sandboxFailure }, 'there is no sandbox; code.run is not offered');
  }
  const name = (options.name ?? `${hostname()}-${process.pid}`).slice(-LIMITS.nameCharsMax);
  const { queues = [], concurrency = defaultConcurrency() } = options;
  const { operations, runtimes, sandbox } = set;
  const about = { name, version: VERSION, concurrency, queues, operations, runtimes, sandbox };
  const { unfenced = false } = options;
  const guard = options.guard && !unfenced ? { guard: startWorkerGuard({ clock, log }) } : {};
  const worker = new Worker({ ...about, ...guard, unfenced, source, clock, log });
  const running = handle(worker, set, { name, concurrency });
  try {
    await worker.start();
    return running;
  } catch (error) {
    await running.close();
    throw error;
  }
}

function handle(
  worker: Worker,
  set: OperationSet,
  about: { name: string; concurrency: number },
): RunningWorker {
  let drained: Promise<void> | undefined;
  const drain = async (deadlineMs: number): Promise<void> => {
    await worker.drain(deadlineMs);
    await set.close();
  };
  return {
    ...about,
    worker,
    set,
    drain: (deadlineMs) => (drained ??= drain(deadlineMs)),
    async close() {
      await worker.close();
      await set.close();
    },
  };
}
