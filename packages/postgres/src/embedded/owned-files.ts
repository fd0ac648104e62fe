import { closeSync, fchownSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Gives a file that root has made to the owner of its folder, who must be able to use and to remove
 * it. Does nothing for an ordinary user.
 */
export function likeItsFolder(path: string, descriptor: number): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  fchownSync(descriptor, uid, gid);
}

/**
 * Writes a small file whole or not at all, for its folder's owner alone. It never writes through a
 * link: the folder may belong to an account that root does not trust.
 */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  const descriptor = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    likeItsFolder(path, descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, path);
}
