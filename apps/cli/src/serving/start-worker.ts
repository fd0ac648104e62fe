import { resolve } from 'node:path';
import { formatDuration, MayflyError, type Clock, type Log } from '@mayfly/contracts';
import {
  loadHandlers,
  startWorker,
  type Handler,
  type RunningWorker,
  type StartWorkerOptions,
} from '@mayfly/worker';
import type { Environment } from '../environment.ts';
import type { WorkerFlags } from './worker-options.ts';

interface Parts {
  server: StartWorkerOptions['server'];
  environment: Environment;
  /** For a process that is nothing but this worker. */
  guard: boolean;
  clock: Clock;
  log: Log;
}

/** Starts a worker as the flags say. @throws MayflyError `server.cannot_start` for bad handlers */
export async function startFlaggedWorker(
  flags: WorkerFlags,
  { environment, ...parts }: Parts,
): Promise<RunningWorker> {
  const { types, queues, concurrency, name, allowPrivateAddresses } = flags;
  const handlers = await Promise.all((flags.handlers ?? []).map(load));
  return startWorker({
    ...parts,
    handlers: handlers.flat(),
    unfenced: environment.faults?.unfenced ?? false,
    handlerEnvironment: environment.forHandlers,
    concurrency,
    ...(types === undefined ? {} : { types }),
    ...(queues === undefined ? {} : { queues }),
    ...(name === undefined ? {} : { name }),
    ...(allowPrivateAddresses === undefined ? {} : { allowPrivateAddresses }),
  });
}

/** What a person reads while a worker drains. */
export function farewellOf(running: RunningWorker | null, drainMs: number): string {
  const count = running?.worker.running ?? 0;
  if (count === 0) return 'Stopping.';
  const tasks = count === 1 ? '1 running task has' : `${count} running tasks have`;
  return `Stopping: ${tasks} ${formatDuration(drainMs)} to end. Do it again to stop at once.`;
}

async function load(path: string): Promise<Handler[]> {
  try {
    return await loadHandlers(resolve(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MayflyError(
      'server.cannot_start',
      `--handlers ${path} cannot be loaded (${reason}).`,
      { cause: error },
    );
  }
}
