import {
  formatDuration,
  jsonToBytes,
  type CodeRunResult,
  type Task,
  type Verdict,
} from '@mayfly/contracts';
import { EXIT_CANCELLED, EXIT_EXPIRED, EXIT_NOT_RUN, exitOfSignal } from '../exit-codes.ts';

/** How a run of a program ends for the shell. */
export interface ProgramEnd {
  exitCode: number;
  /** What went to stderr of the compiler, when it refused the program. */
  diagnostics: Uint8Array | null;
  /** One sentence for the person, where the exit code does not say it all. */
  note: string | null;
}

/** Reads the end of the finished task that was to run the program. */
export function describeEnd(task: Task): ProgramEnd {
  const result = isCodeResult(task.result) ? task.result : null;
  const reason = task.error?.message ?? null;
  switch (task.status) {
    case 'expired':
      return end(EXIT_EXPIRED, expiry(task));
    case 'cancelled':
      return end(EXIT_CANCELLED, 'The task was cancelled.');
    default:
      if (result === null) return end(EXIT_NOT_RUN, reason ?? `The task is ${task.status}.`);
      return describeResult(result, reason);
  }
}

function describeResult(result: CodeRunResult, reason: string | null): ProgramEnd {
  const { verdict, exitCode, signal, compile } = result;
  switch (verdict) {
    case 'ok':
    case 'nonzero-exit':
      return end(exitCode ?? 0, null);
    case 'signalled':
      return end(exitOfSignal(signal ?? ''), `The program ended by ${signal ?? 'a signal'}.`);
    case 'compile-error':
      return {
        exitCode: 1,
        diagnostics:
          compile && Buffer.concat([jsonToBytes(compile.stdout), jsonToBytes(compile.stderr)]),
        note: 'The program does not compile.',
      };
    case 'compile-limit':
      return end(1, 'The compiler went beyond its limits.');
    case 'wall-limit':
      return end(EXIT_EXPIRED, 'The program ran longer than its limit.');
    case 'cancelled':
      return end(EXIT_CANCELLED, 'The task was cancelled.');
    case 'sandbox-error':
      return end(EXIT_NOT_RUN, reason ?? 'The sandbox has failed.');
    default:
      return end(exitOfSignal(signal ?? 'SIGKILL'), LIMIT_NOTES[verdict]);
  }
}

const LIMIT_NOTES = {
  'cpu-limit': 'The program used more CPU time than its limit.',
  'memory-limit': 'The program used more memory than its limit.',
  'output-limit': 'The program printed more than its limit.',
  'process-limit': 'The program started more processes than its limit.',
} satisfies Partial<Record<Verdict, string>>;

function expiry({ error, ttlMs }: Task): string {
  return error?.code === 'attempt.ttl_exceeded' || error === null
    ? `The program was ended: its TTL of ${formatDuration(ttlMs)} was over.`
    : error.message;
}

function end(exitCode: number, note: string | null): ProgramEnd {
  return { exitCode, diagnostics: null, note };
}

function isCodeResult(result: unknown): result is CodeRunResult {
  return typeof result === 'object' && result !== null && 'verdict' in result;
}
