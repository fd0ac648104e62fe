import type { ProcessIdentity } from '../proc/process-identity.ts';
import { identifyProcess, isAlive, killProcess } from '../proc/process-identity.ts';
import { readChildren, readMemoryBytes, readProcessStat } from '../proc/read-process.ts';
import type { GroupHost, GroupLimits, GroupSample, RunGroup } from './run-group.ts';

const POLL_MS = 20;

/** A tree larger than this is not walked to its end; the process limit holds it far below. */
const MAX_PROCESSES = 4096;

/**
 * Groups for a machine without usable cgroups. The first process is the init of a pid namespace:
 * all processes of the run descend from it, and they all die with it, so killing is as sound as
 * with cgroups. Measuring is not: it is a walk over `/proc` now and then.
 */
export class PolledHost implements GroupHost {
  readonly layout = 'none';
  readonly weakened: readonly string[];
  readonly pollMs = POLL_MS;
  readonly holdsBwrap = false;

  constructor(weakened: readonly string[]) {
    this.weakened = weakened;
  }

  create(limits: GroupLimits): RunGroup {
    return new PolledGroup(limits);
  }

  findStale(): RunGroup[] {
    return [];
  }

  close(): void {}
}

class PolledGroup implements RunGroup {
  readonly #limits: GroupLimits;
  #init: ProcessIdentity | null = null;
  #cpuMs: number | null = null;
  #peakMemoryBytes: number | null = null;
  #processes: number | null = null;

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  admit(): string[] {
    return [];
  }

  add(pid: number): Promise<void> {
    this.#init = identifyProcess(pid);
    return Promise.resolve();
  }

  sample(): GroupSample {
    if (this.#init !== null && isAlive(this.#init)) this.#measure(this.#init.pid);
    return {
      cpuMs: this.#cpuMs,
      peakMemoryBytes: this.#peakMemoryBytes,
      processes: this.#processes,
      memoryExceeded: (this.#peakMemoryBytes ?? 0) > this.#limits.memoryBytes,
      processLimitHit: false,
    };
  }

  kill(): boolean {
    if (this.#init === null || !isAlive(this.#init)) return true;
    killProcess(this.#init);
    return false;
  }

  remove(): boolean {
    return true;
  }

  #measure(init: number): void {
    let cpuMs = 0;
    let memoryBytes = 0;
    let threads = 0;
    const pids = [init];
    for (const pid of pids) {
      const stat = readProcessStat(pid);
      if (stat === null) continue;
      cpuMs += stat.cpuMs;
      threads += stat.threads;
      memoryBytes += readMemoryBytes(pid) ?? 0;
      if (pids.length < MAX_PROCESSES) pids.push(...readChildren(pid));
    }
    this.#cpuMs = Math.max(this.#cpuMs ?? 0, cpuMs);
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes ?? 0, memoryBytes);
    this.#processes = Math.max(this.#processes ?? 0, threads);
  }
}
