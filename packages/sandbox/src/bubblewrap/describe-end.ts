import type { Usage } from '@mayfly/contracts';
import type { GroupSample } from '../cgroups/run-group.ts';
import { decideVerdict, type KillCause } from '../program-verdict.ts';
import type { ProgramEnd, StopReason } from '../sandbox.ts';
import type { CollectedOutput } from './output-collector.ts';
import type { ProgramExit, Report } from './report.ts';

/** All that is known of a run once nothing of it is left. */
export interface RunTraces {
  failure: string | null;
  causes: ReadonlySet<KillCause>;
  softStop: StopReason | null;
  /** The gate was opened. */
  started: boolean;
  wallMs: number;
  /** Processes of ours among those that were counted. */
  helpers: number;
  /** Measured when the gate was opened, and after the end. */
  before: GroupSample | null;
  after: GroupSample | null;
  report: Report | null;
  output: CollectedOutput;
  artifact: Uint8Array | null;
}

const UNUSED: Usage = { wallMs: 0, cpuMs: 0, peakMemoryBytes: 0, processes: 0 };

export function describeEnd(traces: RunTraces): ProgramEnd {
  const exit = traces.report?.exit() ?? null;
  const failure = traces.failure ?? findFailure(traces, exit);
  const exitCode = exit?.exitCode ?? null;
  const signal = exit === null && traces.started ? 'SIGKILL' : (exit?.signal ?? null);
  const verdict = decideVerdict({
    failure,
    causes: traces.causes,
    softStop: traces.softStop,
    exitCode,
    signal,
    processLimitHit: traces.after?.processLimitHit ?? false,
  });
  return {
    verdict,
    exitCode,
    signal,
    ...traces.output,
    usage: traces.started ? describeUsage(traces, exit) : UNUSED,
    artifact: exit?.artifactCopied === true ? traces.artifact : null,
    failure,
  };
}

/** A run that ended although neither the program nor anybody here ended it is our fault. */
function findFailure(traces: RunTraces, exit: ProgramExit | null): string | null {
  if (traces.causes.size > 0 || exit !== null) return null;
  if (traces.started) return 'The sandbox was killed from outside.';
  return traces.report?.complaint() || 'bubblewrap ended before the program started.';
}

function describeUsage(traces: RunTraces, exit: ProgramExit | null): Usage {
  const { wallMs, before, after } = traces;
  const processes = after?.processes ?? null;
  return {
    wallMs: round(wallMs),
    cpuMs: describeCpu(before, after, exit),
    peakMemoryBytes: after?.peakMemoryBytes ?? null,
    processes: processes === null ? null : Math.max(1, processes - traces.helpers),
  };
}

/**
 * The larger of what was counted for the group and what the wrapper measured. The second one is
 * coarse, and makes up for what sampling misses on a machine without cgroups.
 */
function describeCpu(
  before: GroupSample | null,
  after: GroupSample | null,
  exit: ProgramExit | null,
): number | null {
  const counted = after?.cpuMs ?? null;
  if (counted === null && exit === null) return null;
  return round(Math.max((counted ?? 0) - (before?.cpuMs ?? 0), exit?.cpuMs ?? 0));
}

/** Microseconds are enough. */
function round(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1000) / 1000);
}
