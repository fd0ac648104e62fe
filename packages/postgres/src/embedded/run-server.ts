import { join } from 'node:path';

import type { Clock } from '@mayfly/contracts';

import { awaitReady } from './await-ready.ts';
import type { Cleanup } from './cleanup.ts';
import { explainFailure } from './explain-failure.ts';
import { folderMark } from './former-server.ts';
import type { LaunchPad } from './launch.ts';
import { Program } from './program.ts';
import type { ServerLog } from './server-log.ts';
import { SOCKET_NUMBER } from './socket-folder.ts';
import { waitFor } from './wait-for.ts';

export interface RunOptions {
  clock: Clock;
  pad: LaunchPad;
  cluster: string;
  durable: boolean;
  serverLog: ServerLog;
  cleanup: Cleanup;
  log: (line: string) => void;
}

/** How long sessions of a server that was killed may hold its memory, and how often we look. */
const ORPHANS_BOUND_MS = 15_000;
const ORPHANS_LOOK_MS = 200;

/** Starts the server and returns when it accepts connections. Throws `store.unavailable`. */
export async function runServer(options: RunOptions): Promise<Program> {
  const { clock, cleanup, cluster, log, serverLog } = options;
  const deadline = clock.monotonic() + ORPHANS_BOUND_MS;
  for (;;) {
    const server = await startServer(options);
    cleanup.add(() => server.stop(clock));
    if (await awaitReady({ clock, cluster, server, log })) return server;
    const waitsForOrphans = serverLog.tail().includes('pre-existing shared memory block');
    if (!waitsForOrphans || clock.monotonic() >= deadline) {
      throw await explainFailure('Starting PostgreSQL', await server.ended, serverLog);
    }
    await waitFor({ clock, folder: cluster, boundMs: ORPHANS_LOOK_MS }, async () => undefined);
  }
}

/**
 * The death signal ends a durable server in order, so that the next start need not recover; a
 * throw-away one at once.
 */
function startServer({ pad, cluster, durable, serverLog }: RunOptions): Promise<Program> {
  const { seen } = pad.stage;
  // The list of socket folders takes quoted names.
  const socket = `"${seen.socket.replaceAll('"', '""')}"`;
  const argv = [
    join(seen.native, 'bin', 'postgres'),
    '-D',
    seen.cluster,
    `--unix_socket_directories=${socket}`,
    '--listen_addresses=',
    `--port=${SOCKET_NUMBER}`,
    `--${folderMark(cluster)}`,
  ];
  serverLog.mark();
  const deathSignal = durable ? 'SIGINT' : 'SIGQUIT';
  return Program.start(pad, argv, { deathSignal, output: serverLog.descriptor });
}
