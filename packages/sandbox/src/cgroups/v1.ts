import { sendSignal } from '../proc/process-identity.ts';
import type { ControlFolder } from './control-folder.ts';
import { GroupNamer, isStaleName, PARENT_NAME } from './group-name.ts';
import type { GroupHost, GroupLimits, GroupSample, RunGroup } from './run-group.ts';

/**
 * Groups of cgroup v1, where each controller is a tree of its own: a run is one folder of the
 * same name in each of them. Its first process enters by itself, before it becomes bwrap.
 *
 * Killing has no single call here. A round is: freeze, so that nothing forks any more; SIGKILL to
 * every process listed; thaw, for a frozen process does not die. A process that forked before the
 * freeze reached it is met by the next round; rounds go on until the list is empty.
 *
 * The memory verdict comes from the `oom_kill` counter: `memory.failcnt` may stay 0 on today's
 * kernels, and exit code 137 proves nothing.
 */
export const V1_CONTROLLERS = ['memory', 'pids', 'cpuacct', 'freezer'] as const;

export type V1Folders = Readonly<Record<(typeof V1_CONTROLLERS)[number], ControlFolder>>;

const POLL_MS = 50;
const NS_PER_MS = 1e6;

export class CgroupV1Host implements GroupHost {
  readonly layout: 'v1' | 'hybrid';
  readonly weakened: readonly string[];
  readonly pollMs = POLL_MS;
  readonly holdsBwrap = true;
  readonly #parents: V1Folders;
  readonly #namer = new GroupNamer();

  constructor(layout: 'v1' | 'hybrid', roots: V1Folders, weakened: readonly string[]) {
    this.layout = layout;
    this.weakened = weakened;
    this.#parents = mapFolders(roots, (root) => root.child(PARENT_NAME));
  }

  create(limits: GroupLimits): RunGroup {
    const group = this.#group(this.#namer.next());
    try {
      group.make(limits);
    } catch (error) {
      group.remove();
      throw error;
    }
    return group;
  }

  findStale(): RunGroup[] {
    const names = Object.values(this.#parents)
      .flatMap((parent) => parent.listChildren())
      .map((folder) => folder.name)
      .filter(isStaleName);
    return [...new Set(names)].map((name) => this.#group(name));
  }

  close(): void {
    for (const parent of Object.values(this.#parents)) parent.remove();
  }

  #group(name: string): CgroupV1Group {
    return new CgroupV1Group(mapFolders(this.#parents, (parent) => parent.child(name)));
  }
}

class CgroupV1Group implements RunGroup {
  readonly #folders: V1Folders;
  /** For kernels that keep no peak themselves. */
  #seenProcesses = 0;

  constructor(folders: V1Folders) {
    this.#folders = folders;
  }

  make(limits: GroupLimits): void {
    const { memory, pids } = this.#folders;
    for (const folder of Object.values(this.#folders)) folder.make();
    memory.write('memory.limit_in_bytes', limits.memoryBytes);
    if (memory.has('memory.memsw.limit_in_bytes')) {
      memory.write('memory.memsw.limit_in_bytes', limits.memoryBytes);
    } else {
      memory.write('memory.swappiness', 0);
    }
    pids.write('pids.max', limits.processes);
  }

  /**
   * Moving a process from outside makes the kernel wait until no processor can be in the middle of
   * a fork, 10 ms at times, with all other cgroup work waiting behind. A thread that moves itself
   * through `tasks` costs microseconds.
   */
  admit(uid: number | null): string[] {
    return Object.values(this.#folders).map((folder) => folder.handOver('tasks', uid));
  }

  add(): Promise<void> {
    return Promise.resolve();
  }

  sample(): GroupSample {
    const { memory, pids, cpuacct } = this.#folders;
    const cpuNs = cpuacct.readNumber('cpuacct.usage');
    this.#seenProcesses = Math.max(this.#seenProcesses, pids.readNumber('pids.current') ?? 0);
    return {
      cpuMs: cpuNs === null ? null : cpuNs / NS_PER_MS,
      peakMemoryBytes: memory.readNumber('memory.max_usage_in_bytes'),
      processes: pids.readNumber('pids.peak') ?? this.#seenProcesses,
      memoryExceeded: (memory.readField('memory.oom_control', 'oom_kill') ?? 0) > 0,
      processLimitHit: (pids.readField('pids.events', 'max') ?? 0) > 0,
    };
  }

  kill(): boolean {
    const { freezer } = this.#folders;
    if (this.#pids().length === 0) return true;
    const freezes = freezer.has('freezer.state');
    if (freezes) freezer.write('freezer.state', 'FROZEN');
    for (const pid of this.#pids()) sendSignal(pid, 'SIGKILL');
    if (freezes) freezer.write('freezer.state', 'THAWED');
    return false;
  }

  remove(): boolean {
    return Object.values(this.#folders)
      .map((folder) => folder.remove())
      .every(Boolean);
  }

  /** A worker may have died before its process was in all trees, so every tree is asked. */
  #pids(): number[] {
    return [...new Set(Object.values(this.#folders).flatMap((folder) => folder.readPids()))];
  }
}

function mapFolders(
  folders: V1Folders,
  change: (folder: ControlFolder) => ControlFolder,
): V1Folders {
  const { memory, pids, cpuacct, freezer } = folders;
  return {
    memory: change(memory),
    pids: change(pids),
    cpuacct: change(cpuacct),
    freezer: change(freezer),
  };
}
