import type { SandboxInfo, Usage, Verdict } from '@mayfly/contracts';
import type { ResolvedLimits } from './limits.ts';

/** A place in which one untrusted program at a time lives and dies, with nothing left behind. */
export interface Sandbox {
  /** What guards this machine gives; shown to operators as it is. */
  readonly info: SandboxInfo;
  /** Starts a program in a fresh sandbox. Never throws for what the program does. */
  start(spec: ProgramSpec): ProgramRun;
  /** Ends every run as `cancelled` and resolves when nothing of them is left. */
  close(): Promise<void>;
}

/** A file of the working folder. `path` is relative and has passed `findPathFault`. */
export interface ProgramFile {
  path: string;
  content: Uint8Array;
  executable: boolean;
}

/** A file or folder of the host, shown read-only inside at `target`. */
export interface ReadOnlyMount {
  source: string;
  target: string;
}

export interface ProgramSpec {
  /** Absolute path of the binary and its arguments; relative paths start in the working folder. */
  argv: readonly [string, ...string[]];
  /** Added to the few variables that every program gets (`PATH`, `HOME`, `LANG`). */
  env: Readonly<Record<string, string>>;
  files: readonly ProgramFile[];
  stdin: Uint8Array;
  limits: ResolvedLimits;
  /** Toolchains outside `/usr`. */
  mounts: readonly ReadOnlyMount[];
  /** A file of the working folder to hand out when the program exits with 0. */
  artifact: ArtifactRequest | null;
  /** Called with each chunk as it comes, up to the output limit. Must not throw. */
  onOutput?: OutputListener | undefined;
}

export interface ArtifactRequest {
  path: string;
  maxBytes: number;
}

export type OutputStream = 'stdout' | 'stderr';
export type OutputListener = (stream: OutputStream, chunk: Uint8Array) => void;

/** Why the caller ends a run; becomes its verdict. */
export type StopReason = Extract<Verdict, 'wall-limit' | 'cancelled'>;

export type ProgramVerdict = Exclude<Verdict, 'compile-error' | 'compile-limit'>;

export interface ProgramRun {
  /**
   * Sends SIGTERM to the program itself, and only to it. A program that has not started yet never
   * will. The verdict becomes `reason`, unless the program then exits with 0.
   */
  terminate(reason: StopReason): void;
  /** Kills everything at once; `done` follows in tens of milliseconds. Safe at any moment. */
  kill(reason: StopReason): void;
  /** Resolves when every process is dead. Never rejects: our own faults are `sandbox-error`. */
  readonly done: Promise<ProgramEnd>;
}

export interface ProgramEnd {
  verdict: ProgramVerdict;
  /** Null when a signal ended the program, or when it never started. */
  exitCode: number | null;
  signal: string | null;
  stdout: Uint8Array;
  stderr: Uint8Array;
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
  usage: Usage;
  /** Null when none was asked for, or when the program did not make it. */
  artifact: Uint8Array | null;
  /** One sentence for the operator when the verdict is `sandbox-error`, else null. */
  failure: string | null;
}
