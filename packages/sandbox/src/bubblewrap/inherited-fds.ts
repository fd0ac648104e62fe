import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../errno.ts';

const CLOSE_ON_EXEC = 0o2_000_000;
const LAST_STANDARD_FD = 2;

/**
 * Descriptors that this process was given by whoever started it and that every child would
 * inherit. What Node opens itself is closed in children; these are not.
 */
export function findInheritedFds(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > LAST_STANDARD_FD && isInherited(fd));
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch (error) {
    // The descriptor with which the folder was read is closed by now.
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
