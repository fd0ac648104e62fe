import { readFileSync } from 'node:fs';
import { ControlFolder } from './control-folder.ts';
import { findV2Base } from './find-v2-base.ts';
import { PARENT_NAME } from './group-name.ts';
import { isRefusal } from './is-refusal.ts';
import { parseCgroupMounts, parseOwnV2Path, type CgroupMounts } from './mounts.ts';
import { PolledHost } from './polled.ts';
import type { GroupHost } from './run-group.ts';
import { CgroupV1Host, V1_CONTROLLERS, type V1Folders } from './v1.ts';
import { CgroupV2Host } from './v2.ts';

const TRIAL_LIMITS = { memoryBytes: 64 * 1024 * 1024, processes: 64 };

/** Chooses the best way of grouping processes that this machine and user offer. */
export function detectGroupHost(isRoot: boolean): GroupHost {
  const mounts = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  return (
    useV2(mounts) ?? (isRoot ? useV1(mounts) : null) ?? new PolledHost(describePolling(isRoot))
  );
}

function useV2(mounts: CgroupMounts): GroupHost | null {
  const ownPath = parseOwnV2Path(readFileSync('/proc/self/cgroup', 'utf8'));
  if (mounts.v2 === null || ownPath === null) return null;
  const base = findV2Base(new ControlFolder(mounts.v2), ownPath);
  if (base === null) return null;
  const limitsSwap = base.child(PARENT_NAME).has('memory.swap.max');
  return keepIfUsable(new CgroupV2Host(base, describeSwap(limitsSwap)));
}

function useV1(mounts: CgroupMounts): GroupHost | null {
  const folders = findV1Folders(mounts);
  if (folders === null) return null;
  const limitsSwap = folders.memory.has('memory.memsw.limit_in_bytes');
  const layout = mounts.v2 === null ? 'v1' : 'hybrid';
  return keepIfUsable(new CgroupV1Host(layout, folders, describeSwap(limitsSwap)));
}

/** The proof is a group made and removed: mounts may be read-only, controllers switched off. */
function keepIfUsable(host: GroupHost): GroupHost | null {
  try {
    host.create(TRIAL_LIMITS).remove();
    return host;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

function findV1Folders(mounts: CgroupMounts): V1Folders | null {
  const [memory, pids, cpuacct, freezer] = V1_CONTROLLERS.map((name) => {
    const path = mounts.v1.get(name);
    return path === undefined ? null : new ControlFolder(path);
  });
  if (!memory || !pids || !cpuacct || !freezer) return null;
  return { memory, pids, cpuacct, freezer };
}

function describeSwap(limitsSwap: boolean): string[] {
  const devices = readFileSync('/proc/swaps', 'utf8').trim().split('\n').slice(1);
  if (limitsSwap || devices.length === 0) return [];
  return ['Swap is not limited: start the kernel with `swapaccount=1`, or run `sudo swapoff -a`.'];
}

function describePolling(isRoot: boolean): string[] {
  const remedy = isRoot
    ? 'give this machine a writable cgroup tree with the memory and pids controllers'
    : 'start the worker with `systemd-run --user --scope -p Delegate=yes …`, or as root';
  return [
    `No cgroup can be used, so memory is compared with its limit every 20 ms instead of held by the kernel, and what is not mapped (files in the sandbox, memfd, System V segments) is not counted: ${remedy}.`,
    'Without cgroups CPU time is sampled, and the verdict `process-limit` does not occur.',
  ];
}
