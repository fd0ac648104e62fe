import { randomUUID } from 'node:crypto';
import { listProcesses, readEnvironment, startOf } from './processes.ts';

/**
 * Environment variable that names the tree a process belongs to; children inherit it. It begins
 * with the worker that made it, so that a later one can tell what a dead one has left behind.
 */
export const TREE_MARK = 'MAYFLY_TREE';

/** A new mark of this worker: its pid, when it was started, and something unique. */
export function newTreeMark(): string {
  return `${process.pid}.${startOf(process.pid)}.${randomUUID()}`;
}

/** Kills what handlers of workers have left running that are dead by now. @returns how many */
export function killOrphans(): number {
  const orphans = listProcesses().filter(({ pid }) => {
    const mark = markOf(pid);
    const [owner, start] = (mark ?? '').split('.');
    return mark !== undefined && owner !== undefined && startOf(Number(owner)) !== start;
  });
  for (const { pid } of orphans) signal(pid, 'SIGKILL');
  return orphans.length;
}

/** A tree that forks as fast as we look is looked at again, but not for ever. */
const ROUNDS = 20;

/**
 * Kills a process, its group, all that descends from it, and what carries its mark: a child that
 * has left the group and lost its parents still has the environment it was born with.
 *
 * @param root undefined once the process has been reaped: its number may be another's by then
 */
export function killTree(root: number | undefined, mark: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    const members = findMembers(root, mark);
    // Stopped first, so that no member forks while the others are being killed.
    for (const pid of members) signal(pid, 'SIGSTOP');
    if (root !== undefined) signal(-root, 'SIGKILL');
    for (const pid of members) signal(pid, 'SIGKILL');
    if (members.length === 0) return;
  }
}

function findMembers(root: number | undefined, mark: string): number[] {
  const processes = listProcesses();
  const members = new Set(root === undefined ? [] : [root]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of processes) {
      if (members.has(parent) && !members.has(pid)) grown = Boolean(members.add(pid));
    }
  }
  for (const { pid } of processes) if (markOf(pid) === mark) members.add(pid);
  const alive = new Set(processes.map(({ pid }) => pid));
  return [...members].filter((pid) => alive.has(pid));
}

function markOf(pid: number): string | undefined {
  const prefix = `${TREE_MARK}=`;
  return readEnvironment(pid)
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ESRCH' || code === 'EPERM';
}
