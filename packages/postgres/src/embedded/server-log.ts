import { closeSync, constants, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

import { likeItsFolder } from './owned-files.ts';
import { systemCode } from './unavailable.ts';

/** The file rotates at a start once it is larger; the settings keep it short while it runs. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** As much of the end as is searched for the reason of a failure. */
const TAIL_BYTES = 16 * 1024;

/** The file that takes what initdb and the server print. */
export interface ServerLog {
  path: string;
  descriptor: number;
  /** False when it goes with a throw-away server. */
  lasts: boolean;
  /** Begins what `tail` returns. */
  mark: () => void;
  /** What was written since the mark; of much, the end. */
  tail: () => string;
  close: () => void;
}

/** Opens the log for appending; the one before moves to `<path>.1` when it has grown too large. */
export function openServerLog(path: string, lasts: boolean): ServerLog {
  if (sizeOf(path) > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  likeItsFolder(path, descriptor);
  let start = 0;
  return {
    path,
    descriptor,
    lasts,
    mark: () => (start = fstatSync(descriptor).size),
    tail: () => readTail(descriptor, start),
    close: () => closeSync(descriptor),
  };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function readTail(descriptor: number, start: number): string {
  const { size } = fstatSync(descriptor);
  const from = Math.max(start, size - TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - from));
  const length = readSync(descriptor, buffer, 0, buffer.length, from);
  return buffer.toString('utf8', 0, length);
}
