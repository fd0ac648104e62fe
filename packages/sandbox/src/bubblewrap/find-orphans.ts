import { readdirSync, statSync } from 'node:fs';
import { identifyProcess, type ProcessIdentity } from '../proc/process-identity.ts';
import { readProcessStat } from '../proc/read-process.ts';
import type { UidPool } from './uid-pool.ts';

const INIT_PID = 1;

/**
 * Processes that a dead supervisor left halfway through a start: bwrap with a user id of the pool
 * and without a parent. Such a one waits for ever for a word from a bwrap that is gone. Those of a
 * living supervisor have their parents.
 */
export function findOrphans(uids: UidPool): ProcessIdentity[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((pid) => isOrphan(pid, uids))
    .map(identifyProcess)
    .filter((found) => found !== null);
}

function isOrphan(pid: number, uids: UidPool): boolean {
  const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || !uids.has(owner)) return false;
  const stat = readProcessStat(pid);
  return stat?.name === 'bwrap' && stat.parentPid === INIT_PID;
}
