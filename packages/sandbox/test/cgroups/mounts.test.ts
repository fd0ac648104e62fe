import { describe, expect, it } from 'vitest';
import { parseCgroupMounts, parseOwnV2Path } from '../../src/cgroups/mounts.ts';

const HYBRID = `
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /a\\040b/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

describe('cgroup mounts', () => {
  it('finds the controllers of v1 and the tree of v2', () => {
    const { v1, v2 } = parseCgroupMounts(HYBRID);
    expect(v1.get('cpuacct')).toBe('/sys/fs/cgroup/cpu,cpuacct');
    expect(v1.get('memory')).toBe('/sys/fs/cgroup/memory');
    expect(v1.get('pids')).toBe('/a b/pids');
    expect(v1.has('freezer')).toBe(false);
    expect(v2).toBe('/sys/fs/cgroup/unified');
  });

  it('finds nothing where nothing is', () => {
    expect(parseCgroupMounts('22 1 0:20 / / rw - ext4 /dev/vda rw\n')).toEqual({
      v1: new Map(),
      v2: null,
    });
  });

  it('reads the own path in the tree of v2', () => {
    expect(parseOwnV2Path('4:memory:/x\n0::/user.slice/a b.scope\n')).toBe('/user.slice/a b.scope');
    expect(parseOwnV2Path('4:memory:/x\n')).toBeNull();
  });
});
