import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

import { likeItsFolder } from './owned-files.ts';
import { runTool } from './run-tool.ts';
import { systemCode, unavailable } from './unavailable.ts';

/**
 * One owner per data folder, by a lock of the kernel on a file in it.
 *
 * The kernel drops the lock when the owner's descriptor closes, which its death does too. So there
 * is no stale lock to recognize, no process id to mistake for a later process, and it holds between
 * containers that share the folder. The file's text, the owner's process id, is only for messages.
 *
 * The descriptor is a bare number: a FileHandle would close when it is garbage-collected.
 */
export interface OwnerLock {
  /** Removes the file and frees the lock. */
  release(): void;
}

/** Its name in the folder that it guards. */
export const LOCK_NAME = 'mayfly.lock';

/** `O_EXLOCK | O_NONBLOCK`: macOS has no program for locks, but locks a file as it opens it. */
const MACOS_LOCK_AT_OPEN = 0x20 | 0x4;

/**
 * Takes the lock, or returns null when somebody holds it. Throws the system's error when the file
 * cannot be opened, for example `ENOENT` without `create`.
 */
export async function tryLock(
  path: string,
  { create }: { create: boolean },
): Promise<OwnerLock | null> {
  for (;;) {
    const descriptor = openForLock(path, create);
    if (descriptor === null) return null;
    let lock: OwnerLock | undefined;
    try {
      if (!(await lockDescriptor(descriptor))) return null;
      // Else a former owner removed the file between the open and the lock, which guards nothing.
      if (isStill(path, descriptor)) lock = asLock(path, descriptor);
    } finally {
      if (lock === undefined) closeSync(descriptor);
    }
    if (lock !== undefined) return lock;
  }
}

/** The process that holds the lock, as far as it has written that down. */
export function readOwner(path: string): number | null {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

function openForLock(path: string, create: boolean): number | null {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const macos = process.platform === 'darwin' ? MACOS_LOCK_AT_OPEN : 0;
  try {
    return openSync(path, O_RDWR | O_NOFOLLOW | (create ? O_CREAT : 0) | macos, 0o600);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return null;
    throw error;
  }
}

/** The lock belongs to the open file, which the program only borrows: it stays when that ends. */
async function lockDescriptor(descriptor: number): Promise<boolean> {
  if (process.platform === 'darwin') return true;
  const { code, stderr } = await runTool(['flock', '-n', '3'], { descriptor3: descriptor });
  if (code === 0 || code === 1) return code === 0;
  throw unavailable(
    `The data folder cannot be locked (${stderr.trim()}): choose another with --data.`,
  );
}

function isStill(path: string, descriptor: number): boolean {
  try {
    return statSync(path).ino === fstatSync(descriptor).ino;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function asLock(path: string, descriptor: number): OwnerLock {
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  likeItsFolder(path, descriptor);
  return {
    release() {
      if (isStill(path, descriptor)) unlinkSync(path);
      closeSync(descriptor);
    },
  };
}
