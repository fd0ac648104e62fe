import type { CodeRunResult } from '@mayfly/contracts';
import type { OutputListener, StopReason } from './sandbox.ts';

export interface CodeRunOptions {
  /** Output of the program (not of its compiler) as it comes. Must not throw. */
  onOutput?: OutputListener;
}

/** One run under way. Both ways of stopping it are safe at any moment, also while it compiles. */
export interface CodeRun {
  /** SIGTERM to the program; a compiler, or a program that has not started, never gets further. */
  terminate(reason: StopReason): void;
  kill(reason: StopReason): void;
  /** Never rejects. */
  readonly done: Promise<CodeRunOutcome>;
}

export interface CodeRunOutcome {
  result: CodeRunResult;
  /** One sentence for the operator when the verdict is `sandbox-error`, else null. */
  failure: string | null;
}
