import { sendSignal } from '../proc/process-identity.ts';
import type { ControlFolder } from './control-folder.ts';
import { GroupNamer, isStaleName, PARENT_NAME } from './group-name.ts';
import type { GroupHost, GroupLimits, GroupSample, RunGroup } from './run-group.ts';

const POLL_MS = 50;
const US_PER_MS = 1000;

/** Groups of cgroup v2: one folder a run under `base`, whose controllers reach its children. */
export class CgroupV2Host implements GroupHost {
  readonly layout = 'v2';
  readonly weakened: readonly string[];
  readonly pollMs = POLL_MS;
  readonly holdsBwrap = false;
  readonly #parent: ControlFolder;
  readonly #namer = new GroupNamer();

  constructor(base: ControlFolder, weakened: readonly string[]) {
    this.#parent = base.child(PARENT_NAME);
    this.weakened = weakened;
  }

  create(limits: GroupLimits): RunGroup {
    this.#parent.make();
    enableControllers(this.#parent);
    const folder = this.#parent.child(this.#namer.next());
    try {
      folder.make();
      setLimits(folder, limits);
    } catch (error) {
      folder.remove();
      throw error;
    }
    return new CgroupV2Group(folder);
  }

  findStale(): RunGroup[] {
    return this.#parent
      .listChildren()
      .filter((folder) => isStaleName(folder.name))
      .map((folder) => new CgroupV2Group(folder));
  }

  close(): void {
    this.#parent.remove();
  }
}

/** Hands the controllers that runs need down to the children of `folder`, where they are missing. */
export function enableControllers(folder: ControlFolder): void {
  const available = folder.read('cgroup.controllers').trim().split(' ');
  const enabled = folder.read('cgroup.subtree_control').trim().split(' ');
  const missing = ['memory', 'pids', 'cpu'].filter(
    (name) => available.includes(name) && !enabled.includes(name),
  );
  if (missing.length > 0) {
    folder.write('cgroup.subtree_control', missing.map((name) => `+${name}`).join(' '));
  }
}

function setLimits(folder: ControlFolder, limits: GroupLimits): void {
  folder.write('memory.max', limits.memoryBytes);
  if (folder.has('memory.swap.max')) folder.write('memory.swap.max', 0);
  if (folder.has('memory.oom.group')) folder.write('memory.oom.group', 1);
  folder.write('pids.max', limits.processes);
}

class CgroupV2Group implements RunGroup {
  readonly #folder: ControlFolder;
  /** For kernels that keep no peak themselves. */
  #seenMemoryBytes = 0;
  #seenProcesses = 0;

  constructor(folder: ControlFolder) {
    this.#folder = folder;
  }

  /** A user with less rights than ours may not: it would have to own the groups above as well. */
  admit(): string[] {
    return [];
  }

  async add(pid: number): Promise<void> {
    await this.#folder.move(pid);
  }

  sample(): GroupSample {
    const folder = this.#folder;
    const cpuUs = folder.readField('cpu.stat', 'usage_usec');
    const memoryBytes = folder.readNumber('memory.current') ?? 0;
    const processes = folder.readNumber('pids.current') ?? 0;
    this.#seenMemoryBytes = Math.max(this.#seenMemoryBytes, memoryBytes);
    this.#seenProcesses = Math.max(this.#seenProcesses, processes);
    return {
      cpuMs: cpuUs === null ? null : cpuUs / US_PER_MS,
      peakMemoryBytes: folder.readNumber('memory.peak') ?? this.#seenMemoryBytes,
      processes: folder.readNumber('pids.peak') ?? this.#seenProcesses,
      memoryExceeded: (folder.readField('memory.events', 'oom_kill') ?? 0) > 0,
      processLimitHit: (folder.readField('pids.events', 'max') ?? 0) > 0,
    };
  }

  kill(): boolean {
    if (this.#isEmpty()) return true;
    if (this.#folder.has('cgroup.kill')) this.#folder.write('cgroup.kill', 1);
    else this.#killOneByOne();
    return false;
  }

  remove(): boolean {
    return this.#folder.remove();
  }

  /** Kernels before 5.14. A frozen process of v2 dies of SIGKILL, so no thaw is needed. */
  #killOneByOne(): void {
    this.#folder.write('cgroup.freeze', 1);
    for (const pid of this.#folder.readPids()) sendSignal(pid, 'SIGKILL');
  }

  #isEmpty(): boolean {
    return this.#folder.readPids().length === 0;
  }
}
