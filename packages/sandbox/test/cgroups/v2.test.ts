import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findV2Base } from '../../src/cgroups/find-v2-base.ts';
import { CgroupV2Host } from '../../src/cgroups/v2.ts';
import { FakeFolder } from './fake-folder.ts';

const LIMITS = { memoryBytes: 67_108_864, processes: 33 };

/** Not the kernel: these tests hold the file operations only, against a tree of ordinary files. */
describe('cgroup v2 on a fake tree of files', () => {
  let path: string;
  let root: FakeFolder;

  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'fake-cgroup-')), 'root');
    root = new FakeFolder(path);
    root.make();
  });
  afterEach(() => rmSync(join(path, '..'), { recursive: true }));

  const onlyRun = (parent: FakeFolder): FakeFolder => {
    const names = readdirSync(join(parent.path, 'mayfly')).filter((name) =>
      name.startsWith('run-'),
    );
    expect(names).toHaveLength(1);
    return parent.child('mayfly').child(names[0] ?? '');
  };

  it('makes a group with every limit, under a parent that hands controllers down', () => {
    new CgroupV2Host(root, []).create(LIMITS);
    expect(root.child('mayfly').read('cgroup.subtree_control')).toBe('+memory +pids +cpu');
    const run = onlyRun(root);
    expect(run.name).toMatch(new RegExp(`^run-\\d+-${process.pid}-\\d+-1$`, 'u'));
    expect(run.read('memory.max')).toBe('67108864');
    expect(run.read('memory.swap.max')).toBe('0');
    expect(run.read('memory.oom.group')).toBe('1');
    expect(run.read('pids.max')).toBe('33');
  });

  it('moves a process in', async () => {
    await new CgroupV2Host(root, []).create(LIMITS).add(4321);
    expect(onlyRun(root).read('cgroup.procs')).toBe('4321');
  });

  it('reads what a run used from the counters', () => {
    const group = new CgroupV2Host(root, []).create(LIMITS);
    const run = onlyRun(root);
    run.write('cpu.stat', 'usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n');
    run.write('memory.peak', '9000000\n');
    run.write('pids.peak', '7\n');
    expect(group.sample()).toEqual({
      cpuMs: 123.456,
      peakMemoryBytes: 9_000_000,
      processes: 7,
      memoryExceeded: false,
      processLimitHit: false,
    });
    run.write('memory.events', 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n');
    run.write('pids.events', 'max 3\n');
    expect(group.sample()).toMatchObject({ memoryExceeded: true, processLimitHit: true });
  });

  it('remembers peaks itself where the kernel is too old to', () => {
    const old = FakeFolder.without(path, 'memory.peak', 'pids.peak');
    const group = new CgroupV2Host(old, []).create(LIMITS);
    const run = onlyRun(old);
    run.write('memory.current', '5000\n');
    run.write('pids.current', '4\n');
    group.sample();
    run.write('memory.current', '1000\n');
    run.write('pids.current', '1\n');
    expect(group.sample()).toMatchObject({ peakMemoryBytes: 5000, processes: 4 });
  });

  it('kills by cgroup.kill, until the group is empty', () => {
    const group = new CgroupV2Host(root, []).create(LIMITS);
    const run = onlyRun(root);
    expect(group.kill()).toBe(true);
    expect(run.read('cgroup.kill')).toBe('');
    run.write('cgroup.procs', '2147483646\n');
    expect(group.kill()).toBe(false);
    expect(run.read('cgroup.kill')).toBe('1');
    run.write('cgroup.procs', '');
    expect(group.kill()).toBe(true);
    expect(group.remove()).toBe(true);
    expect(existsSync(run.path)).toBe(false);
  });

  it('freezes and kills one by one where there is no cgroup.kill', () => {
    const old = FakeFolder.without(path, 'cgroup.kill');
    const group = new CgroupV2Host(old, []).create(LIMITS);
    const run = onlyRun(old);
    run.write('cgroup.procs', '2147483646\n');
    expect(group.kill()).toBe(false);
    expect(run.read('cgroup.freeze')).toBe('1');
  });

  it('finds groups of dead workers, and of no others', () => {
    const host = new CgroupV2Host(root, []);
    host.create(LIMITS);
    const own = onlyRun(root).name;
    const namespace = own.split('-')[1];
    const names = [`run-${namespace}-2147483646-1-1`, 'run-1-2147483646-1-1', 'something-else'];
    for (const name of names) root.child('mayfly').child(name).make();
    const stale = host.findStale();
    expect(stale).toHaveLength(1);
    expect(stale[0]?.remove()).toBe(true);
    expect(
      root
        .child('mayfly')
        .listChildren()
        .map((folder) => folder.name)
        .sort(),
    ).toEqual([own, 'run-1-2147483646-1-1', 'something-else'].sort());
  });

  it('takes its parent away at the end, unless somebody uses it', () => {
    const host = new CgroupV2Host(root, []);
    const group = host.create(LIMITS);
    host.close();
    expect(root.listChildren()).toHaveLength(1);
    group.remove();
    host.close();
    expect(root.listChildren()).toHaveLength(0);
  });

  describe('where to put runs', () => {
    const make = (...names: string[]): FakeFolder => {
      let folder = root;
      for (const name of names) {
        folder = folder.child(name);
        folder.make();
      }
      return folder;
    };

    it('takes the own group when it hands controllers down', () => {
      const own = make('worker.service');
      own.write('cgroup.subtree_control', 'cpu memory pids');
      expect(findV2Base(root, '/worker.service')?.path).toBe(own.path);
    });

    it('takes the nearest group above that hands controllers down', () => {
      make('user.slice', 'app.slice', 'terminal.scope');
      const apps = root.child('user.slice').child('app.slice');
      apps.write('cgroup.subtree_control', 'cpu memory pids');
      root.write('cgroup.subtree_control', 'cpu memory pids');
      root
        .child('user.slice')
        .child('app.slice')
        .child('terminal.scope')
        .write('cgroup.controllers', '');
      const found = findV2Base(root, '/user.slice/app.slice/terminal.scope');
      expect(found?.path).toBe(apps.path);
    });

    it('finds nothing where memory or pids are missing, and moves nobody', () => {
      root.write('cgroup.controllers', 'hugetlb');
      root.write('cgroup.procs', '2147483646');
      expect(findV2Base(root, '/')).toBeNull();
      expect(root.listChildren()).toEqual([]);
    });

    it('never moves the processes of the top of the machine', () => {
      rmSync(join(path, 'cgroup.events'));
      root.write('cgroup.procs', '2147483646');
      expect(findV2Base(root, '/')).toBeNull();
      expect(root.listChildren()).toEqual([]);
    });

    it('moves the processes of a container one step down', () => {
      root.write('cgroup.procs', '2147483646');
      // The kernel would refuse `+memory` until the group is empty; files take it, but not as set.
      expect(findV2Base(root, '/')).toBeNull();
      expect(root.child('mayfly-supervisor').read('cgroup.procs')).toBe('2147483646');
    });
  });
});
