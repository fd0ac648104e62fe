import { release } from 'node:os';
import type { SandboxInfo } from '@mayfly/contracts';

/** Since 5.14 the kernel counts a user's processes apart in each user namespace. */
const COUNTED_PER_NAMESPACE_SINCE = [5, 14] as const;

/** Above the group's own limit, so that the group is the one that refuses, and counts it. */
const BACKSTOP_FACTOR = 2;

interface ProcessRlimits {
  choose: (processes: number) => number | null;
  weakened: string[];
}

/**
 * How the limit of processes per user (RLIMIT_NPROC) is set: as a second net where a group limits
 * processes, as the only one where none does, and not at all where it would count what the user
 * runs elsewhere.
 */
export function chooseProcessRlimits(
  layout: SandboxInfo['cgroups'],
  ownUids: boolean,
): ProcessRlimits {
  if (!ownUids && !countsPerNamespace(release())) {
    const weakened =
      layout === 'none'
        ? ['The number of processes is not limited: Linux 5.14 or newer is needed for that.']
        : [];
    return { choose: () => null, weakened };
  }
  const factor = layout === 'none' ? 1 : BACKSTOP_FACTOR;
  return { choose: (processes) => processes * factor, weakened: [] };
}

function countsPerNamespace(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  const [neededMajor, neededMinor] = COUNTED_PER_NAMESPACE_SINCE;
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}
