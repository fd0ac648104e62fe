import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  parent: number;
}

/** Field of /proc/PID/stat, counted from the one behind the name. */
const STATE = 0;
const PARENT = 1;
const START = 19;

/** Living processes; those that are dead and not reaped yet are left out. */
export function listProcesses(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = statOf(Number(name));
      const state = fields[STATE];
      if (state === undefined || state === 'Z' || state === 'X') return [];
      return [{ pid: Number(name), parent: Number(fields[PARENT]) }];
    });
}

/** When a process was started, in clock ticks since boot; undefined when it is gone. */
export function startOf(pid: number): string | undefined {
  return statOf(pid)[START];
}

/** `NAME=value` entries; empty when the process is gone or belongs to somebody else. */
export function readEnvironment(pid: number): string[] {
  return readProc(pid, 'environ').split('\0');
}

/** The name in parentheses may hold anything, so the fields are counted from its end. */
function statOf(pid: number): string[] {
  const stat = readProc(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
    throw error;
  }
}
