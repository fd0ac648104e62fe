import { join } from 'node:path';

import { MayflyError } from '@mayfly/contracts';

import { chooseAccount, ownName } from './account.ts';
import { checkLogin } from './await-ready.ts';
import { type Binaries, locateBinaries } from './binaries.ts';
import { Cleanup } from './cleanup.ts';
import { clusterIn } from './cluster.ts';
import { DATABASE_USER, writeConfigFiles } from './config-files.ts';
import { MACHINE_CACHE_DIR } from './copy-binaries.ts';
import { ownDataFolder } from './data-folder.ts';
import { settleFormerServer } from './former-server.ts';
import { hireJanitor } from './janitor.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, MEMORY } from './options.ts';
import { prepareCluster } from './prepare-cluster.ts';
import type { Program } from './program.ts';
import { runServer } from './run-server.ts';
import { openServerLog, type ServerLog } from './server-log.ts';
import { serverSettings } from './server-settings.ts';
import { makeSocketFolder, removeSocketFolder, SOCKET_NUMBER } from './socket-folder.ts';
import { ownThrowAwayFolder } from './throw-away-folder.ts';
import { messageOf, OWN_SERVER, unavailable } from './unavailable.ts';

/*
 * The embedded server: from a folder to connections, and back.
 *
 *     lock the folder ── end a former server ── choose an account ── make the socket's folder
 *       ── find a stage ── initdb, on the first start ── configure ── launch ── ready ── log in
 *
 * Invariants:
 * - One owner a folder: all below the lock happens only with the lock held (owner-lock.ts).
 * - `postgres/` in the folder is a complete cluster or is not there (cluster.ts).
 * - The server's life ends with its owner's, in whatever way that ends (launch.ts).
 *
 * Failure: each step adds its undoing to one list, which a failed start and `stop()` run backwards.
 * kill -9 of the owner runs no list. Then the kernel frees the lock and ends the server, a janitor
 * removes what was throw-away, and the next start sweeps what is left.
 */

/** What a start takes from the machine; tests put other things in its place. */
export interface Machine {
  binaries: Binaries;
  /** Where root may keep a copy of binaries that PostgreSQL's account cannot reach. */
  cacheDir: string;
}

/**
 * Starts the PostgreSQL server that the npm package brings, on a private unix socket; in about
 * 0.6 s for the first time in a folder, in less than 0.1 s later. Call it from the main thread: the
 * server ends with the thread that has started it. Throws `store.unavailable` with one line that
 * ends with the remedy, and then runs nothing and holds nothing.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return startOn({ binaries: locateBinaries(), cacheDir: MACHINE_CACHE_DIR }, options);
}

/** The same with the given binaries. */
export async function startOn(
  machine: Machine,
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const cleanup = new Cleanup();
  try {
    return await startStepwise(machine, options, cleanup);
  } catch (error) {
    await cleanup.run().catch((failure: unknown) => options.log(messageOf(failure)));
    if (error instanceof MayflyError) throw error;
    throw unavailable(
      `PostgreSQL cannot start (${messageOf(error)}): mend that, or ${OWN_SERVER}.`,
      error,
    );
  }
}

async function startStepwise(
  { binaries, cacheDir }: Machine,
  options: EmbeddedOptions,
  cleanup: Cleanup,
): Promise<EmbeddedPostgres> {
  const { clock, dataDir, log } = options;
  const client = ownName();
  const durable = dataDir !== MEMORY;
  const home = durable ? await ownDataFolder(dataDir) : await ownThrowAwayFolder(options);
  cleanup.add(async () => home.lock.release());
  if (!durable) removeAtTheEnd(home.path, cleanup);

  const cluster = clusterIn(home.path);
  await settleFormerServer({ clock, cluster, log });
  const account = await chooseAccount(cluster);
  const socket = await makeSocketFolder(home.path, account);
  if (socket.elsewhere) removeAtTheEnd(socket.path, cleanup);
  else cleanup.add(() => removeSocketFolder(socket.path));
  const serverLog = openServerLog(join(home.path, 'postgres.log'), durable);
  cleanup.add(async () => serverLog.close());

  const prepared = { dataDir: home.path, cluster, socketFolder: socket.path, durable, serverLog };
  const pad = await prepareCluster({ binaries, cacheDir, account, log, ...prepared });
  const settings = serverSettings(durable, options.settings);
  writeConfigFiles({ cluster, settings, client });
  const server = await runServer({ clock, pad, cluster, durable, serverLog, cleanup, log });
  const connection = connectionTo(socket.path);
  await checkLogin(connection);
  server.unref();
  return handleOf({ server, connection, cleanup, serverLog });
}

function removeAtTheEnd(folder: string, cleanup: Cleanup): void {
  const janitor = hireJanitor(folder);
  cleanup.add(() => janitor.finish());
}

/** All that `pg` would otherwise take from PG* variables, which belong to other servers. */
function connectionTo(host: string): EmbeddedPostgres['connection'] {
  return { host, port: SOCKET_NUMBER, user: DATABASE_USER, database: 'postgres', ssl: false };
}

interface Running {
  server: Program;
  connection: EmbeddedPostgres['connection'];
  cleanup: Cleanup;
  serverLog: ServerLog;
}

function handleOf({ server, connection, cleanup, serverLog }: Running): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  let why: string | undefined;
  const callbacks: ((why: string) => void)[] = [];
  const tellUnexpectedEnd = async (): Promise<void> => {
    const { text } = await server.ended;
    if (stopping !== undefined) return;
    why = `PostgreSQL (process ${server.pid}) ended with ${text}; see ${serverLog.path}`;
    for (const callback of callbacks) callback(why);
  };
  void tellUnexpectedEnd();
  return {
    connection,
    serverPid: server.pid,
    onExit(callback) {
      if (why === undefined) callbacks.push(callback);
      else callback(why);
    },
    stop: () => (stopping ??= cleanup.run()),
  };
}
