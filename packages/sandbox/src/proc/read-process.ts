import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../errno.ts';

/** The kernel counts processor time for `/proc` in hundredths of a second on every architecture. */
const TICK_MS = 10;

/** Positions in `/proc/PID/stat`, counted after the name, which may hold spaces itself. */
const STATE = 0;
const PARENT_PID = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const CHILDREN_USER_TICKS = 13;
const CHILDREN_SYSTEM_TICKS = 14;
const THREADS = 17;
const START_TICKS = 19;

export interface ProcessStat {
  name: string;
  parentPid: number;
  /** A dead process that its parent has not collected yet. */
  zombie: boolean;
  threads: number;
  /** Own time, and that of the children it has collected. */
  cpuMs: number;
  /** With the pid it names one process for ever; a pid alone is used again. */
  startTicks: number;
}

/** Null when there is no such process. */
export function readProcessStat(pid: number | 'self'): ProcessStat | null {
  const text = readGone(`/proc/${pid}/stat`);
  if (text === null) return null;
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const ticks = [USER_TICKS, SYSTEM_TICKS, CHILDREN_USER_TICKS, CHILDREN_SYSTEM_TICKS]
    .map((position) => Number(fields[position]))
    .reduce((sum, value) => sum + value, 0);
  return {
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    parentPid: Number(fields[PARENT_PID]),
    zombie: fields[STATE] === 'Z' || fields[STATE] === 'X',
    threads: Number(fields[THREADS]),
    cpuMs: ticks * TICK_MS,
    startTicks: Number(fields[START_TICKS]),
  };
}

/** Children of all threads of a process, oldest first; empty when it is gone. */
export function readChildren(pid: number): number[] {
  return readThreads(pid).flatMap((thread) =>
    (readGone(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/**
 * Memory of a process in bytes, with shared pages divided among those that share them; null when
 * it is gone.
 */
export function readMemoryBytes(pid: number): number | null {
  const text = readGone(`/proc/${pid}/smaps_rollup`);
  const kib = text === null ? undefined : /^Pss:\s+(\d+) kB$/mu.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

function readThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
}

function readGone(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return null;
    throw error;
  }
}
