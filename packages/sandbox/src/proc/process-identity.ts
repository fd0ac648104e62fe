import { isErrno } from '../errno.ts';
import { readProcessStat } from './read-process.ts';

/** A pid together with its start, so that a later process with the same pid is not taken for it. */
export interface ProcessIdentity {
  pid: number;
  startTicks: number;
}

/** Null when the process is gone already. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const stat = readProcessStat(pid);
  return stat === null ? null : { pid, startTicks: stat.startTicks };
}

/** A zombie does not count: it runs no code any more. */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = readProcessStat(pid);
  return stat !== null && !stat.zombie && stat.startTicks === startTicks;
}

export function killProcess(identity: ProcessIdentity): void {
  if (isAlive(identity)) sendSignal(identity.pid, 'SIGKILL');
}

/** False when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}
