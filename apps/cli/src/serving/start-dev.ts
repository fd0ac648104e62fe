import type { Log } from '@mayfly/contracts';
import {
  createLocalSource,
  resolveServerConfig,
  startServer,
  type RunningServer,
  type ServerConfig,
} from '@mayfly/server';
import type { RunningWorker } from '@mayfly/worker';
import type { CliContext } from '../context.ts';
import { makeDevKey, readDevKey, writeDevKey } from './dev-key.ts';
import { leaveAddress } from './leave-address.ts';
import { isThrowAway, toRawConfig, type ServerFlags } from './server-options.ts';
import type { Service } from './service.ts';
import { farewellOf, startFlaggedWorker } from './start-worker.ts';
import type { WorkerFlags } from './worker-options.ts';

/** Flags of `mayfly dev`. */
export interface DevFlags extends ServerFlags, WorkerFlags {
  worker: boolean;
}

/** Server and worker in this process. */
export interface RunningDev {
  config: ServerConfig;
  server: RunningServer;
  apiKey: string;
  worker: RunningWorker | null;
  takeAddressAway: () => void;
}

/** Starts server and worker in this process, and leaves their address in the data folder. */
export async function startDev(
  flags: DevFlags,
  { environment }: CliContext,
  log: Log,
): Promise<RunningDev> {
  const { clock } = environment;
  const parts = { environment, guard: false, clock, log };
  const lasting = !isThrowAway(flags);
  const known = environment.apiKey ?? (lasting ? readDevKey(flags.data) : undefined);
  const apiKey = known ?? makeDevKey();
  const config = resolveServerConfig(toRawConfig(flags, { ...environment, apiKey }));
  await using undo = new AsyncDisposableStack();
  const server = await startServer(config, { ...parts, faults: environment.faults });
  undo.defer(() => server.close());
  if (known === undefined && lasting) writeDevKey(flags.data, apiKey);
  const local = createLocalSource(server.core.dispatcher);
  const worker = flags.worker ? await startFlaggedWorker(flags, { ...parts, server: local }) : null;
  undo.move();
  if (worker) void worker.worker.drainAsked.then(() => worker.drain(flags.drain));
  const takeAddressAway = leaveAddress(flags.data, { url: server.url, apiKey }, log);
  return { config, server, apiKey, worker, takeAddressAway };
}

/** How the two are ended: the worker first, because it reports to the server. */
export function toService(
  { server, worker, takeAddressAway }: RunningDev,
  { drain }: DevFlags,
): Service {
  return {
    farewell: () => farewellOf(worker, drain),
    async stop() {
      server.drain();
      await worker?.drain(drain);
      takeAddressAway();
      await server.close();
    },
    abandon() {
      takeAddressAway();
      // Kills what runs before it first waits.
      void worker?.close();
    },
    broken: server.broken,
  };
}
