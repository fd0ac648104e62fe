import { closeSync } from 'node:fs';
import { sleep, type Clock, type Timer } from '@mayfly/contracts';
import type { GroupHost, GroupSample, RunGroup } from '../cgroups/run-group.ts';
import {
  identifyProcess,
  isAlive,
  killProcess,
  sendSignal,
  type ProcessIdentity,
} from '../proc/process-identity.ts';
import { readChildren } from '../proc/read-process.ts';
import type { KillCause } from '../program-verdict.ts';
import { retryUntil } from '../retry-until.ts';
import type { ProgramEnd, ProgramRun, ProgramSpec, StopReason } from '../sandbox.ts';
import { ArtifactCollector } from './artifact-collector.ts';
import { describeEnd } from './describe-end.ts';
import { launch, type LaunchSettings } from './launch.ts';
import type { LaunchedBwrap } from './launched-bwrap.ts';
import { OutputCollector } from './output-collector.ts';
import type { Pipe, PipeSupply } from './pipe-supply.ts';
import type { UidPool } from './uid-pool.ts';
import { WRAPPER_PROCESSES } from './wrapper.ts';

/** What all runs of one sandbox share. */
export interface RunHost {
  clock: Clock;
  groups: GroupHost;
  pipes: PipeSupply;
  /** Null: programs run as the user of this process. */
  uids: UidPool | null;
  launchSettings: LaunchSettings;
  /** The limit of processes that the kernel keeps for a user, or null to leave it open. */
  chooseProcessRlimit(processes: number): number | null;
}

/** How long something may survive SIGKILL before it is called a fault. */
const PATIENCE_MS = 5000;

/** Looking at a run takes no more than a tenth of the time. */
const POLL_REST_FACTOR = 10;

/** Every writer is dead by then, so this only bounds the reading of what is in the pipes. */
const DRAIN_GRACE_MS = 100;

/**
 * The life of one program in bubblewrap.
 *
 *   take       a user id of its own (as root), a group, pipes
 *   enter      the new process enters the group, where it can do so by itself, and becomes bwrap
 *   start      bwrap clones the init of a new pid namespace and tells its pid ("info")
 *   place      the init is put into the group, if it is not in it yet, while it mounts its folders
 *              and then blocks
 *   release    the init becomes the wrapper, which sets limits, says "ready" and waits at its gate
 *   begin      counters are read, timers start, the gate opens: the program runs
 *   end        the program ends, or is killed; the wrapper ends with it; the kernel kills what is
 *              left in the namespace; bwrap collects the init and exits
 *   clean up   output is drained, the group is emptied, measured and removed, the id given back
 *
 * Invariants
 *   1. No code of the user runs before the init is in its group and the gate has been opened, and
 *      only this process opens it. If this process dies first, the gate reads as end-of-file and
 *      the wrapper exits.
 *   2. bwrap itself is not killed while the init lives. Killed before it has told the pid, it would
 *      leave a process behind that nobody knows; so a kill that comes earlier waits for the pid
 *      (about 2 ms) and strikes then.
 *   3. The init's death is the death of all: it is the first process of its pid namespace. bwrap
 *      exits only after it has collected the init, and the kernel lets the init be collected only
 *      when the namespace is empty. The group is a second, independent net.
 *   4. `done` resolves when nothing is left. If something survives SIGKILL for longer than
 *      PATIENCE_MS, the verdict is `sandbox-error`, and neither the user id nor the group is used
 *      again.
 *
 * Failure handling: whatever throws on this way is kept as `failure`; cleaning up goes on. A run
 * whose wrapper did not report an end, although nobody here killed it, is a `sandbox-error` too.
 */
export class BubblewrapRun implements ProgramRun {
  readonly done: Promise<ProgramEnd>;
  readonly #host: RunHost;
  readonly #spec: ProgramSpec;
  readonly #output: OutputCollector;
  readonly #artifact: ArtifactCollector | null;
  readonly #causes = new Set<KillCause>();
  readonly #timers = new Set<Timer>();
  #phase: 'starting' | 'running' | 'over' = 'starting';
  #softStop: StopReason | null = null;
  #killed = false;
  #failure: string | null = null;
  #uid: number | null = null;
  #group: RunGroup | null = null;
  #init: ProcessIdentity | null = null;
  #launched: LaunchedBwrap | null = null;
  #startedAt: number | null = null;
  #wallMs = 0;
  #before: GroupSample | null = null;
  #after: GroupSample | null = null;

  constructor(host: RunHost, spec: ProgramSpec) {
    this.#host = host;
    this.#spec = spec;
    this.#output = new OutputCollector(spec.limits.outputBytes, spec.onOutput);
    this.#artifact = spec.artifact && new ArtifactCollector(spec.artifact.maxBytes);
    this.done = this.#live();
  }

  terminate(reason: StopReason): void {
    if (this.#phase === 'starting') this.#stop(reason);
    if (this.#phase !== 'running') return;
    this.#softStop ??= reason;
    this.#signalProgram();
  }

  kill(reason: StopReason): void {
    this.#stop(reason);
  }

  async #live(): Promise<ProgramEnd> {
    try {
      await this.#start();
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#cleanUp();
    } catch (error) {
      this.#fail(error);
    }
    return this.#describeEnd();
  }

  async #start(): Promise<void> {
    const { limits } = this.#spec;
    const { groups } = this.#host;
    this.#uid = this.#host.uids?.take() ?? null;
    this.#group = groups.create({
      memoryBytes: limits.memoryBytes,
      processes: limits.processes + countHelpers(groups),
    });
    const [stdout, stderr] = await this.#host.pipes.take();
    if (this.#causes.size > 0) {
      closePipes(stdout, stderr);
      return;
    }
    this.#launched = launch(this.#host.launchSettings, {
      spec: this.#spec,
      uid: this.#uid,
      entrances: this.#group.admit(this.#uid),
      processRlimit: this.#host.chooseProcessRlimit(limits.processes + WRAPPER_PROCESSES),
      stdout,
      stderr,
      handlers: {
        onOutput: (stream, chunk) => {
          if (!this.#output.push(stream, chunk)) this.#exceedOutput();
        },
        onArtifact: (chunk) => {
          if (this.#artifact?.push(chunk) === false) this.#exceedOutput();
        },
      },
    });
    await this.#accompany(this.#launched, this.#group);
  }

  /** From the start of bwrap to its exit. */
  async #accompany(launched: LaunchedBwrap, group: RunGroup): Promise<void> {
    const gone = launched.exited.then(() => null);
    const initPid = await Promise.race([launched.initPid, gone]);
    if (initPid !== null) {
      this.#init = identifyProcess(initPid);
      this.#killIfStopped();
      await group.add(initPid);
      if (this.#causes.size === 0) launched.release();
      const ready = await Promise.race([launched.ready, gone]);
      if (ready === true && this.#causes.size === 0) this.#begin(launched, group);
    }
    const complaint = await launched.exited;
    this.#endTiming();
    if (complaint !== null) throw new Error(complaint);
  }

  #begin(launched: LaunchedBwrap, group: RunGroup): void {
    this.#before = group.sample();
    this.#startedAt = this.#host.clock.monotonic();
    this.#phase = 'running';
    launched.openGate();
    this.#later(this.#spec.limits.wallMs, () => this.#stop('wall-limit'));
    this.#watch(group);
  }

  /** Compares use with limits now and then, until the end; less often when looking takes long. */
  #watch(group: RunGroup, lookMs = 0): void {
    const { clock, groups } = this.#host;
    this.#later(Math.max(groups.pollMs, lookMs * POLL_REST_FACTOR), () => {
      const from = clock.monotonic();
      this.#compare(group.sample());
      this.#killIfStopped();
      this.#watch(group, clock.monotonic() - from);
    });
  }

  #compare(sample: GroupSample): void {
    const usedMs = (sample.cpuMs ?? 0) - (this.#before?.cpuMs ?? 0);
    if (usedMs > this.#spec.limits.cpuMs) this.#causes.add('cpu-limit');
    if (sample.memoryExceeded) this.#causes.add('memory-limit');
  }

  #stop(cause: KillCause): void {
    if (this.#phase === 'over') return;
    this.#causes.add(cause);
    this.#killIfStopped();
  }

  /** What is still in the pipes after the end counts as well. */
  #exceedOutput(): void {
    if (this.#causes.has('output-limit')) return;
    this.#causes.add('output-limit');
    this.#killIfStopped();
  }

  #killIfStopped(): void {
    const launched = this.#launched;
    if (this.#causes.size === 0 || launched === null || this.#phase === 'over') return;
    if (!this.#killed) this.#later(PATIENCE_MS, () => launched.killBwrap());
    this.#killed = true;
    if (this.#init === null) return;
    killProcess(this.#init);
    this.#group?.kill();
  }

  /** The program is the oldest child of the wrapper; a moment after the gate there is none yet. */
  #signalProgram(): void {
    if (this.#phase !== 'running' || this.#init === null) return;
    const program = readChildren(this.#init.pid)[0];
    if (program === undefined) this.#later(1, () => this.#signalProgram());
    else sendSignal(program, 'SIGTERM');
  }

  #endTiming(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    if (this.#startedAt !== null) this.#wallMs = this.#host.clock.monotonic() - this.#startedAt;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  async #cleanUp(): Promise<void> {
    const dead = await this.#killEverything();
    this.#endTiming();
    if (this.#launched !== null) {
      await Promise.race([this.#launched.drained, sleep(this.#host.clock, DRAIN_GRACE_MS)]);
      this.#launched.destroy();
    }
    const group = this.#group;
    if (group !== null && this.#before !== null) {
      this.#after = group.sample();
      this.#compare(this.#after);
    }
    const { clock, uids } = this.#host;
    if (!dead || !(await retryUntil(clock, PATIENCE_MS, () => group?.remove() ?? true))) {
      throw new Error('A process of the run outlived SIGKILL; see `dmesg` for a hanging kernel.');
    }
    if (this.#uid !== null) uids?.release(this.#uid);
  }

  /** Normally all is dead already and the first look says so. */
  #killEverything(): Promise<boolean> {
    const init = this.#init;
    const launched = this.#launched;
    return retryUntil(this.#host.clock, PATIENCE_MS, () => {
      if (init !== null) killProcess(init);
      const empty = this.#group?.kill() ?? true;
      return empty && (launched?.hasExited ?? true) && (init === null || !isAlive(init));
    });
  }

  #describeEnd(): ProgramEnd {
    return describeEnd({
      failure: this.#failure,
      causes: this.#causes,
      softStop: this.#softStop,
      started: this.#startedAt !== null,
      wallMs: this.#wallMs,
      helpers: countHelpers(this.#host.groups),
      before: this.#before,
      after: this.#after,
      report: this.#launched?.report ?? null,
      output: this.#output.collect(),
      artifact: this.#artifact?.collect() ?? null,
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error.message : String(error);
  }

  #later(delayMs: number, callback: () => void): void {
    const timer = this.#host.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }
}

/** Processes of ours that count in the group of a run. */
function countHelpers(groups: GroupHost): number {
  return WRAPPER_PROCESSES + (groups.holdsBwrap ? 1 : 0);
}

function closePipes(...pipes: readonly Pipe[]): void {
  for (const { reader, writer } of pipes) {
    closeSync(reader);
    closeSync(writer);
  }
}
