import type { ProgramVerdict, StopReason } from './sandbox.ts';

/** What made the sandbox kill a program. */
export type KillCause = Extract<
  ProgramVerdict,
  'cancelled' | 'wall-limit' | 'cpu-limit' | 'memory-limit' | 'output-limit'
>;

/** What is known of a program once it is dead. */
export interface EndFacts {
  /** A fault of ours, or null. */
  failure: string | null;
  /** Every cause seen; more than one can come true in the same moment. */
  causes: ReadonlySet<KillCause>;
  /** The caller asked the program to end by itself. */
  softStop: StopReason | null;
  exitCode: number | null;
  signal: string | null;
  /** A fork was refused. Harmless when the program coped and exited with 0. */
  processLimitHit: boolean;
}

const KILL_PRECEDENCE: readonly KillCause[] = [
  'cancelled',
  'wall-limit',
  'cpu-limit',
  'memory-limit',
  'output-limit',
];

/**
 * One verdict for one end. Precedence: sandbox-error, cancelled, time, memory, output, process,
 * signalled, nonzero-exit, ok.
 */
export function decideVerdict(facts: EndFacts): ProgramVerdict {
  if (facts.failure !== null) return 'sandbox-error';
  const ended = new Set(facts.causes);
  if (facts.softStop !== null && facts.exitCode !== 0) ended.add(facts.softStop);
  const cause = KILL_PRECEDENCE.find((candidate) => ended.has(candidate));
  if (cause !== undefined) return cause;
  if (facts.exitCode === 0) return 'ok';
  if (facts.processLimitHit) return 'process-limit';
  return facts.signal === null ? 'nonzero-exit' : 'signalled';
}
