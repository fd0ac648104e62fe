import type { Clock } from '@mayfly/contracts';
import pg from 'pg';

import { readPostmasterFile } from './postmaster-file.ts';
import type { Program } from './program.ts';
import { messageOf, unavailable } from './unavailable.ts';
import { waitFor } from './wait-for.ts';

interface ReadyOptions {
  clock: Clock;
  cluster: string;
  server: Program;
  log: (line: string) => void;
}

/** Recovery replays up to 4 GB of log on a slow disk; the server reports its end by itself. */
const START_BOUND_MS = 10 * 60_000;

const PATIENCE_MS = 3_000;

const LOGIN_BOUND_MS = 10_000;

/**
 * Returns true when the server accepts connections, false when it has ended instead. Throws
 * `store.unavailable` when it does neither for ten minutes.
 */
export async function awaitReady(options: ReadyOptions): Promise<boolean> {
  const { clock, cluster, server, log } = options;
  const patience = clock.after(PATIENCE_MS, () =>
    log('PostgreSQL recovers from an unclean end; this may take minutes'),
  );
  const ready = await waitFor({ clock, folder: cluster, boundMs: START_BOUND_MS }, async () => {
    if (server.end !== undefined) return false;
    const file = await readPostmasterFile(cluster);
    return file?.pid === server.pid && file.state === 'ready' ? true : undefined;
  });
  patience.cancel();
  if (ready !== undefined) return ready;
  throw unavailable(
    `PostgreSQL was not ready within ${START_BOUND_MS / 60_000} minutes: look into its log, and start again.`,
  );
}

/** Logs in once. Throws `store.unavailable` when the server is up but does not let us in. */
export async function checkLogin(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: LOGIN_BOUND_MS });
  // After the login it would tell of the server's end, which others watch.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw unavailable(
      `PostgreSQL runs but does not let Mayfly in (${messageOf(error)}): was its folder made by ` +
        'something else? Choose another with --data.',
      error,
    );
  }
  await client.end();
}
