import type { TextOrBytes } from '../json.ts';
import type { Verdict } from './verdict.ts';

/** What a stage used, measured also when it was killed. Null: this machine cannot measure it. */
export interface Usage {
  wallMs: number;
  cpuMs: number | null;
  peakMemoryBytes: number | null;
  /** Most processes and threads at one time. */
  processes: number | null;
}

export interface StageOutput {
  exitCode: number | null;
  /** Name such as `SIGKILL`, or null when the program exited by itself. */
  signal: string | null;
  stdout: TextOrBytes;
  stderr: TextOrBytes;
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
  usage: Usage;
}

/** Result of `code.run`. When `compile` failed, the outer fields are those of a run that never was. */
export interface CodeRunResult extends StageOutput {
  verdict: Verdict;
  runtime: string;
  compile: StageOutput | null;
}
