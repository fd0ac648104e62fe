import type { SandboxInfo } from '@mayfly/contracts';

/** What the kernel enforces on all processes of one run together. */
export interface GroupLimits {
  memoryBytes: number;
  processes: number;
}

/** What a run used until now. Null: this machine cannot measure it. */
export interface GroupSample {
  cpuMs: number | null;
  peakMemoryBytes: number | null;
  /** Most processes and threads at one time. */
  processes: number | null;
  /** The memory limit ended a process, or ought to. */
  memoryExceeded: boolean;
  /** A fork was refused because of the process limit. */
  processLimitHit: boolean;
}

/** All processes of one run, held together so that none can get away. */
export interface RunGroup {
  /**
   * Lets a process of this user (null: ours) enter by itself, and returns the files into which it
   * has to write 0 for that. Where there are none, it is to be added from outside.
   */
  admit(uid: number | null): string[];
  /** Puts a process in that has not entered by itself, with all that it forks from now on. */
  add(pid: number): Promise<void>;
  sample(): GroupSample;
  /** Sends SIGKILL to every process in the group; true when there was none. */
  kill(): boolean;
  /** Takes the empty group away; false when the kernel still holds it. */
  remove(): boolean;
}

/** One way of grouping processes that this machine offers. */
export interface GroupHost {
  readonly layout: SandboxInfo['cgroups'];
  /** Guards that this way lacks, each in one sentence with its remedy. */
  readonly weakened: readonly string[];
  /** How often a run is to be sampled against its limits. */
  readonly pollMs: number;
  /** True when bwrap is in the group as well, because it entered by itself. */
  readonly holdsBwrap: boolean;
  create(limits: GroupLimits): RunGroup;
  /** Leftovers of workers that are dead. */
  findStale(): RunGroup[];
  /** Takes away what this host made for itself. */
  close(): void;
}
