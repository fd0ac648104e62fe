/** Longest name of a file or folder that Linux takes. */
const PART_BYTES_MAX = 255;

/** Names that start like this are ours: the artifact of a compiler lies beside the user's files. */
export const RESERVED_PATH_PREFIX = '.mayfly';

/** What is wrong with the path of a user's file; null when nothing is. */
export function findPathFault(path: string): string | null {
  if (!path.isWellFormed()) return 'must be valid Unicode';
  if (/\p{Cc}/u.test(path)) return 'must not hold control characters';
  if (path.startsWith('/')) return 'must be relative to the working folder';
  if (path.startsWith(RESERVED_PATH_PREFIX)) return `must not begin with ${RESERVED_PATH_PREFIX}`;
  for (const part of path.split('/')) {
    if (part === '') return 'must not have empty parts';
    if (part === '.' || part === '..') return 'must not hold `.` or `..` as a part';
    if (Buffer.byteLength(part) > PART_BYTES_MAX) {
      return `must not have parts longer than ${PART_BYTES_MAX} bytes`;
    }
  }
  return null;
}
