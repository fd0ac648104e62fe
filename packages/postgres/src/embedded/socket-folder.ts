import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Account, giveTo } from './account.ts';
import { removeFolder } from './remove-folder.ts';
import { messageOf, systemCode, unavailable } from './unavailable.ts';

/** The shorter of the limits of Linux (107) and macOS (103), in bytes. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Called a port by PostgreSQL, which makes it a part of the socket's name. */
export const SOCKET_NUMBER = 5432;

const SOCKET_NAME = `.s.PGSQL.${SOCKET_NUMBER}`;

/** A folder beside the socket for links to libraries, where those are needed. */
export const LINKS_NAME = 'mayfly-links';

export interface SocketFolder {
  path: string;
  /** True when it lies outside the data folder. */
  elsewhere: boolean;
}

/**
 * Makes the folder of the socket, shut to everybody but the server's account (and root): `run` in
 * the data folder, or a new one among the temporary files when that path is too long for a socket.
 */
export async function makeSocketFolder(
  dataDir: string,
  account: Account | null,
): Promise<SocketFolder> {
  const run = join(dataDir, 'run');
  const elsewhere = !isShortEnough(run);
  if (!elsewhere) {
    await removeSocketFolder(run);
    await mkdir(run, { mode: 0o700 });
  }
  const path = elsewhere ? await makeTemporary() : run;
  if (account !== null) await giveTo(account, path);
  return { path, elsewhere };
}

/**
 * Removes what this server or an earlier one has put there, then the folder. Throws
 * `store.unavailable` when it holds something else, which is the user's.
 */
export async function removeSocketFolder(folder: string): Promise<void> {
  for (const name of [SOCKET_NAME, `${SOCKET_NAME}.lock`, LINKS_NAME]) {
    await removeFolder(join(folder, name));
  }
  try {
    await rmdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw unavailable(
      `The folder ${folder} is needed for a socket and cannot be removed (${messageOf(error)}): ` +
        'move it away, or choose another data folder with --data.',
      error,
    );
  }
}

function makeTemporary(): Promise<string> {
  const wanted = join(tmpdir(), 'mayfly-socket-');
  return mkdtemp(isShortEnough(`${wanted}XXXXXX`) ? wanted : '/tmp/mayfly-socket-');
}

function isShortEnough(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
}
