import { existsSync, readFileSync } from 'node:fs';
import { MayflyError } from '@mayfly/contracts';
import { UidPool } from './uid-pool.ts';

interface UidRange {
  owner: string;
  first: number;
  count: number;
}

const DEFAULT_BASE = 610_000;
const DEFAULT_COUNT = 1024;

interface UidOptions {
  uidBase?: number;
  uidCount?: number;
}

/**
 * User ids for programs: a pool of its own when this process is root, null when programs run as
 * the user of this process. That is also right for the "root" of a container that is an ordinary
 * user of the machine.
 */
export function chooseUids(options: UidOptions): UidPool | null {
  if (process.geteuid?.() !== 0) return null;
  const { uidBase = DEFAULT_BASE, uidCount = DEFAULT_COUNT } = options;
  const map = readUidMap();
  const isMapped = map.some(
    ({ first, count }) => first <= uidBase && uidBase + uidCount <= first + count,
  );
  const isHostRoot = map.some(({ first, outside }) => first === 0 && outside === 0);
  if (!isMapped && !isHostRoot) return null;
  if (!isMapped)
    throw unavailable(`User ids from ${uidBase} on do not exist in this user namespace`);
  refuseOwned(uidBase, uidCount);
  return new UidPool(uidBase, uidCount);
}

interface MappedRange {
  first: number;
  outside: number;
  count: number;
}

/** How user ids here correspond to those of the machine. */
function readUidMap(): MappedRange[] {
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [first = 0, outside = 0, count = 0] = line.trim().split(/\s+/u).map(Number);
      return { first, outside, count };
    });
}

/** Refuses user ids that belong to somebody on this machine. */
function refuseOwned(base: number, count: number): void {
  const owned = [...readUsers(), ...readSubordinateIds()];
  const clash = owned.find(
    (range) => range.first < base + count && base < range.first + range.count,
  );
  if (clash === undefined) return;
  throw unavailable(
    `User ids from ${base} on are for sandboxed programs, but ${clash.first} belongs to ${clash.owner}`,
  );
}

function unavailable(fault: string): MayflyError {
  return new MayflyError('sandbox.unavailable', `${fault}: set another uidBase.`);
}

function readUsers(): UidRange[] {
  return readFields('/etc/passwd').map(([owner = '', , uid]) => {
    return { owner, first: Number(uid), count: 1 };
  });
}

/** Ids that users may hand to their own containers. */
function readSubordinateIds(): UidRange[] {
  return readFields('/etc/subuid').map(([owner = '', first, count]) => {
    return { owner, first: Number(first), count: Number(count) };
  });
}

function readFields(path: string): string[][] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
