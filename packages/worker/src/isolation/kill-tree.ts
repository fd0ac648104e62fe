import { randomUUID } from 'node:crypto';
import { sleep, systemClock } from '@mayfly/contracts';
import { listDescendants, listProcesses, readEnvironment, startOf } from './processes.ts';

/**
 * Environment variable that names the tree a process belongs to; children inherit it. It begins
 * with the worker that made it, so that a later one can tell what a dead one has left behind.
 */
export const TREE_MARK = 'MAYFLY_TREE';

/** A new mark of this worker: its pid, when it was started, and something unique. */
export function newTreeMark(): string {
  return `${marksOf(process.pid, startOf(process.pid) ?? '')}${randomUUID()}`;
}

/** Kills what handlers of workers have left running that are dead by now. @returns how many */
export function killOrphans(): number {
  const orphans = listProcesses().filter((pid) => {
    const mark = markOf(pid);
    const [owner, start] = (mark ?? '').split('.');
    return mark !== undefined && owner !== undefined && startOf(Number(owner)) !== start;
  });
  for (const pid of orphans) signal(pid, 'SIGKILL');
  return orphans.length;
}

/** What the marks of one worker begin with. */
export function marksOf(worker: number, startedAt: string): string {
  return `${worker}.${startedAt}.`;
}

/** A tree that forks as fast as we look is looked at again, but not for ever. */
const ROUNDS = 100;
const ROUND_MS = 2;

/**
 * Kills a process, its group and all that descends from it, without a look at the rest of the
 * machine, so at once. What has left the group and lost its parents is `sweepTree`'s.
 */
export function killTree(root: number): void {
  // Stopped first, so that no member forks while the others are being killed.
  signal(-root, 'SIGSTOP');
  const members = listDescendants(root, (pid) => signal(pid, 'SIGSTOP'));
  signal(-root, 'SIGKILL');
  for (const pid of members) signal(pid, 'SIGKILL');
}

/**
 * Kills what carries the mark of a tree whose root is gone, or one that begins so: every process
 * has the environment that it was born with. Resolves when nothing of it lives.
 */
export async function sweepTree(mark: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const strays = findMarked(mark);
    if (strays.length === 0) return;
    for (const pid of strays) signal(pid, 'SIGSTOP');
    for (const pid of strays) signal(pid, 'SIGKILL');
    await sleep(systemClock, ROUND_MS);
  }
}

function findMarked(mark: string): number[] {
  // Nothing that a worker has started is older than it is; to read less of /proc is to kill sooner.
  const since = Number(mark.split('.')[1]);
  return listProcesses(since).filter((pid) => markOf(pid)?.startsWith(mark));
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
