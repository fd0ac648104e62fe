import { closeSync, openSync } from 'node:fs';
import { MayflyError, type Clock } from '@mayfly/contracts';
import { detectGroupHost } from '../cgroups/detect.ts';
import type { GroupHost } from '../cgroups/run-group.ts';
import { resolveLimits } from '../limits.ts';
import { killProcess } from '../proc/process-identity.ts';
import { retryUntil } from '../retry-until.ts';
import type { ProgramRun, ProgramSpec, Sandbox } from '../sandbox.ts';
import { buildSeccompFilter, isFilterArch } from '../seccomp/build-filter.ts';
import { checkBwrapVersion, explainFailure, findBwrap } from './availability.ts';
import { chooseUids } from './choose-uids.ts';
import { findOrphans } from './find-orphans.ts';
import { describeHost } from './host-layout.ts';
import { findInheritedFds } from './inherited-fds.ts';
import { PipeSupply } from './pipe-supply.ts';
import { chooseProcessRlimits } from './process-rlimits.ts';
import { BubblewrapRun, type RunHost } from './program-run.ts';
import type { UidPool } from './uid-pool.ts';

export interface BubblewrapOptions {
  /** Default: `/usr/bin/bwrap`, then `/usr/local/bin/bwrap`. */
  bwrapPath?: string;
  /** First user id for programs when this process is root. Nothing else may own these ids. */
  uidBase?: number;
  /** How many ids there are: the most programs at one time. */
  uidCount?: number;
}

const SWEEP_PATIENCE_MS = 2000;

/**
 * A bubblewrap sandbox inside this process: checks the machine, sweeps leftovers of dead workers,
 * and runs one trial program. Throws `sandbox.unavailable` with the command that mends the machine.
 *
 * Starting a process costs as much as this process has memory, and holds it up meanwhile, so only
 * the small supervisor process does it like this.
 */
export async function createInProcessSandbox(
  options: BubblewrapOptions,
  clock: Clock,
): Promise<Sandbox> {
  const bwrapPath = findBwrap(options.bwrapPath);
  await checkBwrapVersion(bwrapPath);
  const uids = chooseUids(options);
  const groups = detectGroupHost(process.geteuid?.() === 0);
  const rlimits = chooseProcessRlimits(groups.layout, uids !== null);
  const host: RunHost = {
    clock,
    groups,
    uids,
    pipes: new PipeSupply(),
    launchSettings: {
      bwrapPath,
      layout: describeHost(),
      seccompFilter: buildFilter(),
      inheritedFds: findInheritedFds(),
      devNull: openSync('/dev/null', 'r'),
    },
    chooseProcessRlimit: rlimits.choose,
  };
  const sandbox = new InProcessSandbox(host, [...groups.weakened, ...rlimits.weakened]);
  await sweep(groups, uids, clock);
  await tryOut(sandbox);
  return sandbox;
}

class InProcessSandbox implements Sandbox {
  readonly info: Sandbox['info'];
  readonly #host: RunHost;
  readonly #runs = new Set<ProgramRun>();
  #closing: Promise<void> | null = null;

  constructor(host: RunHost, weakened: string[]) {
    this.#host = host;
    this.info = { kind: 'bubblewrap', cgroups: host.groups.layout, weakened };
  }

  start(spec: ProgramSpec): ProgramRun {
    if (this.#closing !== null) {
      throw new MayflyError('sandbox.unavailable', 'The sandbox is closed: create a new one.');
    }
    const run = new BubblewrapRun(this.#host, spec);
    this.#runs.add(run);
    void run.done.then(() => this.#runs.delete(run));
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const runs = [...this.#runs];
    for (const run of runs) run.kill('cancelled');
    await Promise.all(runs.map((run) => run.done));
    await this.#host.pipes.close();
    closeSync(this.#host.launchSettings.devNull);
    this.#host.groups.close();
  }
}

function buildFilter(): Uint8Array {
  if (isFilterArch(process.arch)) return buildSeccompFilter(process.arch);
  throw new MayflyError(
    'sandbox.unavailable',
    `There is no system call filter for ${process.arch}: run the worker on x64 or arm64.`,
  );
}

async function sweep(groups: GroupHost, uids: UidPool | null, clock: Clock): Promise<void> {
  if (uids !== null) for (const orphan of findOrphans(uids)) killProcess(orphan);
  for (const group of groups.findStale()) {
    await retryUntil(clock, SWEEP_PATIENCE_MS, () => group.kill() && group.remove());
  }
}

/** The only proof that a sandbox works is a program that ran in it. */
async function tryOut(sandbox: Sandbox): Promise<void> {
  const end = await sandbox.start({
    argv: ['/bin/sh', '-c', 'echo works'],
    env: {},
    files: [],
    stdin: new Uint8Array(),
    limits: resolveLimits([{ wallMs: 10_000 }]),
    mounts: [],
    artifact: null,
  }).done;
  if (end.verdict === 'ok' && Buffer.from(end.stdout).toString() === 'works\n') return;
  await sandbox.close();
  const said = end.failure ?? (Buffer.from(end.stderr).toString().trim() || end.verdict);
  throw new MayflyError('sandbox.unavailable', explainFailure(said));
}
