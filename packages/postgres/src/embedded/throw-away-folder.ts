import { chmod, lstat, mkdtemp, readdir, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Clock } from '@mayfly/contracts';

import { clusterIn } from './cluster.ts';
import type { OwnedFolder } from './data-folder.ts';
import { settleFormerServer } from './former-server.ts';
import { LOCK_NAME, tryLock } from './owner-lock.ts';
import { removeFolder } from './remove-folder.ts';
import { messageOf, OWN_SERVER, systemCode, unavailable } from './unavailable.ts';

const PREFIX = 'mayfly-memory-';

/** Linux's file system in memory, as `statfs` names it. */
const TMPFS = 0x0102_1994;

/** What a busy throw-away server may need; containers often give /dev/shm 64 MB. */
const ENOUGH_BYTES = 1024 ** 3;

/** A sweeper may take a folder that is not locked yet; not ten times in a row. */
const ATTEMPTS = 10;

interface ThrowAwayOptions {
  clock: Clock;
  log: (line: string) => void;
}

/**
 * Makes and locks a fresh folder for a throw-away server, in memory when the system has a file
 * system there with 1 GiB free, else among the temporary files. First removes the folders of owners
 * that have died.
 */
export async function ownThrowAwayFolder(options: ThrowAwayOptions): Promise<OwnedFolder> {
  for (const base of new Set(['/dev/shm', tmpdir()])) await sweep(base, options);
  const base = (await isRoomyMemory('/dev/shm')) ? '/dev/shm' : tmpdir();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const owned = await makeIn(base);
    if (owned !== null) return owned;
  }
  throw unavailable(`No folder can be made in ${base}: free it, or ${OWN_SERVER}.`);
}

/** Null when a sweeper was faster. */
async function makeIn(base: string): Promise<OwnedFolder | null> {
  const path = await mkdtemp(join(base, PREFIX));
  try {
    const lock = await tryLock(join(path, LOCK_NAME), { create: true });
    if (lock === null) return null;
    // Open to pass through, for the account that runs the server for root.
    await chmod(path, 0o711);
    return { path, lock };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Whoever gets the lock of a folder knows that its owner has died. */
async function sweep(base: string, options: ThrowAwayOptions): Promise<void> {
  const entries = await readdir(base).catch(() => []);
  for (const entry of entries.filter((name) => name.startsWith(PREFIX))) {
    const path = join(base, entry);
    try {
      if ((await lstat(path)).uid === process.geteuid?.()) await sweepOne(path, options);
    } catch (error) {
      // Another sweeper was faster, or the folder is being made just now.
      if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) continue;
      options.log(`The leftover folder ${path} could not be removed: ${messageOf(error)}`);
    }
  }
}

async function sweepOne(path: string, options: ThrowAwayOptions): Promise<void> {
  const lock = await lockOfDead(path);
  if (lock === null) return;
  try {
    await settleFormerServer({ ...options, cluster: clusterIn(path) });
    await removeFolder(path);
  } finally {
    lock.release();
  }
}

/** Null when the owner lives. An owner that died before it locked has left an empty folder. */
async function lockOfDead(path: string): ReturnType<typeof tryLock> {
  try {
    return await tryLock(join(path, LOCK_NAME), { create: false });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') await rmdir(path);
    throw error;
  }
}

/** Whether a folder lies in memory, with room for a throw-away server. */
export async function isRoomyMemory(folder: string): Promise<boolean> {
  const system = await statfs(folder).catch(() => null);
  return system !== null && system.type === TMPFS && system.bavail * system.bsize >= ENOUGH_BYTES;
}
