import { readdirSync, readFileSync } from 'node:fs';

/** What a process, or a family of them, has used of the machine while something was measured. */
export interface ProcessUsage {
  name: string;
  /** CPU seconds a second: 1 is a whole core. */
  cores: number;
  /** Memory at the end. */
  mib: number;
}

/** Linux has counted CPU time in hundredths of a second for as long as it has told of it. */
const TICKS_PER_SECOND = 100;

/** Measures families of processes, each by the id of its eldest. */
export class UsageMeter {
  readonly #families: Map<string, number>;
  readonly #ticks = new Map<string, number>();
  readonly #from = performance.now();

  constructor(families: Map<string, number>) {
    this.#families = families;
    for (const [name, pid] of families) this.#ticks.set(name, ticksOf(pid));
  }

  read(): ProcessUsage[] {
    const seconds = (performance.now() - this.#from) / 1000;
    return [...this.#families].map(([name, pid]) => ({
      name,
      cores: (ticksOf(pid) - (this.#ticks.get(name) ?? 0)) / TICKS_PER_SECOND / seconds,
      mib: memoryMib(pid),
    }));
  }
}

/** Memory of a process and all below it; what they share is counted once. */
export function memoryMib(eldest: number): number {
  let own = 0;
  let shared = 0;
  for (const pid of familyOf(eldest)) {
    const status = readProc(pid, 'status');
    const kib = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    own += kib('RssAnon');
    shared = Math.max(shared, kib('RssShmem') + kib('RssFile'));
  }
  return (own + shared) / 1024;
}

/** CPU time of a process, of all below it, and of those below it that have ended. */
function ticksOf(eldest: number): number {
  let ticks = 0;
  for (const pid of familyOf(eldest)) {
    const fields = statOf(pid);
    // utime, stime; and those of children that were waited for.
    for (const index of [11, 12, 13, 14]) ticks += Number(fields[index] ?? 0);
  }
  return ticks;
}

function familyOf(eldest: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statOf(pid)[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  // The bench is not part of itself: what it has started is listed by its own name.
  if (eldest === process.pid) return [eldest];
  const family = [eldest];
  for (const pid of family) family.push(...(children.get(pid) ?? []));
  return family;
}

/** Fields of `/proc/PID/stat` from the state on; empty when the process has ended. */
function statOf(pid: number): string[] {
  const stat = readProc(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Living processes that this one has started, and theirs; those called `except` left out. */
export function listDescendants(except: string): number[] {
  const found: number[] = [];
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    const stat = readProc(entry, 'stat');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const [state, parent] = statOf(entry);
    if (stat !== '' && state !== 'Z' && name !== except) parents.set(entry, Number(parent));
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  for (const pid of parents.keys()) if (isOurs(pid)) found.push(pid);
  return found;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    // A process may end while we look.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
