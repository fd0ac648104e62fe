/** Where the cgroup trees of this machine are. */
export interface CgroupMounts {
  /** Mount point of each v1 controller. */
  v1: ReadonlyMap<string, string>;
  /** Mount point of the v2 tree, or null. */
  v2: string | null;
}

/** Fields of `/proc/self/mountinfo`: some before a lone dash, the type and options after it. */
const MOUNT_POINT = 4;
const SEPARATOR = ' - ';

export function parseCgroupMounts(mountinfo: string): CgroupMounts {
  const v1 = new Map<string, string>();
  let v2: string | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(SEPARATOR);
    const mountPoint = unescapePath(before.split(' ')[MOUNT_POINT] ?? '');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') v2 ??= mountPoint;
    if (type !== 'cgroup') continue;
    for (const option of options.split(',')) if (!v1.has(option)) v1.set(option, mountPoint);
  }
  return { v1, v2 };
}

/** Path of a process in the v2 tree, from `/proc/self/cgroup`; null when it is in none. */
export function parseOwnV2Path(procSelfCgroup: string): string | null {
  const line = procSelfCgroup.split('\n').find((candidate) => candidate.startsWith('0::'));
  return line === undefined ? null : line.slice('0::'.length);
}

/** Spaces and the like are written as octal numbers. */
function unescapePath(path: string): string {
  return path.replaceAll(/\\(\d{3})/gu, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
