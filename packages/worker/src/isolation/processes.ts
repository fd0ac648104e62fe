import { readdirSync, readFileSync } from 'node:fs';

/** Field of /proc/PID/stat, counted from the one behind the name. */
const STATE = 0;
const START = 19;

/**
 * Living processes; those that are dead and not reaped yet are left out.
 *
 * @param since only those started at that clock tick since boot, or later
 */
export function listProcesses(since = 0): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = statOf(Number(name));
      const state = fields[STATE];
      if (state === undefined || state === 'Z' || state === 'X') return [];
      if (Number(fields[START]) < since) return [];
      return [Number(name)];
    });
}

/**
 * Everything that descends from a process, by the lists of children that the kernel keeps.
 *
 * @param onFound is told of each one before its own children are looked for
 */
export function listDescendants(pid: number, onFound: (pid: number) => void): number[] {
  return listThreads(pid)
    .flatMap((thread) => readProc(pid, `task/${thread}/children`).split(' ').filter(Boolean))
    .map(Number)
    .flatMap((child) => {
      onFound(child);
      return [child, ...listDescendants(child, onFound)];
    });
}

function listThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
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
    if (isAbsent(error)) return '';
    throw error;
  }
}

/** Gone, or somebody else's. */
function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM';
}
