import { constants } from 'node:fs';
import { access, chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { LOCK_NAME, type OwnerLock, readOwner, tryLock } from './owner-lock.ts';
import { messageOf, systemCode, unavailable } from './unavailable.ts';

/** A folder for one server, with its lock held. */
export interface OwnedFolder {
  path: string;
  lock: OwnerLock;
}

/**
 * Makes and locks the folder for data that lasts. Throws `store.unavailable` when it cannot be
 * written, or when another Mayfly has it.
 */
export async function ownDataFolder(dataDir: string): Promise<OwnedFolder> {
  const path = await makeFolder(resolve(dataDir)).catch((error: unknown) => {
    throw explain(resolve(dataDir), error);
  });
  const file = join(path, LOCK_NAME);
  const lock = await tryLock(file, { create: true });
  if (lock !== null) return { path, lock };
  const owner = readOwner(file);
  throw unavailable(
    `The data folder ${path} is in use by another Mayfly (process ${owner ?? 'unknown'}): stop that ` +
      'one, or give this one a folder of its own with --data.',
  );
}

/** A folder that root makes is open to pass through, for the account that runs the server. */
async function makeFolder(dataDir: string): Promise<string> {
  // Asked apart, because mkdir names the wrong reason on a read-only file system.
  await access(await nearestFolder(dataDir), constants.W_OK | constants.X_OK);
  const made = await makeLevels(dataDir);
  if (made && process.geteuid?.() === 0) await chmod(dataDir, 0o711);
  return realpath(dataDir);
}

/**
 * One level at a time: Node's recursive mkdir never ends in a file system that has folders and takes
 * no new ones, such as /proc. @returns whether the last level is new
 */
async function makeLevels(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    // A parent that is there already, and still no place for a child: that is the end.
    if (!(await makeLevels(dirname(path)))) throw error;
    return makeLevels(path);
  }
}

/** The folder itself, or the one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
    throw new Error('it is not a folder');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return nearestFolder(dirname(path));
  }
}

function explain(dataDir: string, error: unknown): Error {
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is not a folder',
  };
  const reason = reasons[systemCode(error) ?? ''] ?? messageOf(error);
  return unavailable(
    `The data folder ${dataDir} cannot be written (${reason}): choose another with --data.`,
    error,
  );
}
