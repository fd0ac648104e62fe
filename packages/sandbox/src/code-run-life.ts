import type { CodeRunResult, StageOutput, Verdict } from '@mayfly/contracts';
import { computeArtifactKey, type ArtifactCache } from './artifact-cache.ts';
import type { CodeRun, CodeRunOutcome } from './code-run.ts';
import { ARTIFACT_PATH } from './runtimes/artifact-path.ts';
import type { ResolvedLimits } from './limits.ts';
import { fillCommand } from './runtimes/command-line.ts';
import type { Runtime } from './runtimes/runtime.ts';
import type {
  OutputListener,
  ProgramEnd,
  ProgramFile,
  ProgramRun,
  ProgramSpec,
  ProgramVerdict,
  Sandbox,
  StopReason,
} from './sandbox.ts';
import { describeStage, NO_STAGE } from './stage-output.ts';

/** Everything about one run, with every default filled in. */
export interface CodeRunPlan {
  sandbox: Sandbox;
  cache: ArtifactCache;
  runtime: Runtime;
  /** The first one is the main file. */
  files: readonly ProgramFile[];
  stdin: Uint8Array;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  runLimits: ResolvedLimits;
  compileLimits: ResolvedLimits;
  artifactBytesMax: number;
  onOutput: OutputListener | undefined;
}

interface Compiled {
  artifact: Uint8Array | null;
  /** Null for a language that is not compiled. */
  output: StageOutput | null;
}

/** Compile and run of one program, each in a fresh sandbox; stopping reaches whichever is on. */
export class CodeRunLife implements CodeRun {
  readonly done: Promise<CodeRunOutcome>;
  readonly #plan: CodeRunPlan;
  #stage: ProgramRun | null = null;
  #stopped: StopReason | null = null;

  constructor(plan: CodeRunPlan) {
    this.#plan = plan;
    this.done = this.#live();
  }

  terminate(reason: StopReason): void {
    this.#stopped ??= reason;
    this.#stage?.terminate(reason);
  }

  kill(reason: StopReason): void {
    this.#stopped ??= reason;
    this.#stage?.kill(reason);
  }

  async #live(): Promise<CodeRunOutcome> {
    try {
      const compiled = await this.#compile();
      if ('result' in compiled) return compiled;
      if (this.#stopped !== null) {
        return this.#outcome(this.#stopped, NO_STAGE, compiled.output, null);
      }
      const end = await this.#run(compiled.artifact);
      return this.#outcome(end.verdict, describeStage(end), compiled.output, end.failure);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      return this.#outcome('sandbox-error', NO_STAGE, null, failure);
    }
  }

  async #compile(): Promise<Compiled | CodeRunOutcome> {
    const { runtime, files, cache } = this.#plan;
    if (runtime.manifest.compile === null) return { artifact: null, output: null };
    const paths = files.map((file) => file.path);
    const argv = fillCommand(runtime.manifest.compile, runtime, paths);
    const key = computeArtifactKey(runtime, argv, files);
    const known = cache.get(key);
    if (known !== null) return { ...known, output: { ...known.output, usage: NO_STAGE.usage } };
    const end = await this.#startStage({
      argv,
      env: runtime.manifest.env,
      files,
      stdin: new Uint8Array(),
      limits: this.#plan.compileLimits,
      mounts: runtime.mounts,
      artifact: { path: ARTIFACT_PATH, maxBytes: this.#plan.artifactBytesMax },
    });
    const output = describeStage(end);
    if (end.verdict !== 'ok' || end.artifact === null) {
      const verdict = judgeCompile(end.verdict, this.#stopped);
      return this.#outcome(verdict, NO_STAGE, output, end.failure);
    }
    cache.put(key, { artifact: end.artifact, output });
    return { artifact: end.artifact, output };
  }

  #run(artifact: Uint8Array | null): Promise<ProgramEnd> {
    const { runtime, files, args, onOutput } = this.#plan;
    const paths = files.map((file) => file.path);
    const command = fillCommand(runtime.manifest.run, runtime, paths);
    const program =
      artifact === null ? [] : [{ path: ARTIFACT_PATH, content: artifact, executable: true }];
    return this.#startStage({
      argv: [...command, ...args],
      env: this.#plan.env,
      files: [...files, ...program],
      stdin: this.#plan.stdin,
      limits: this.#plan.runLimits,
      mounts: runtime.mounts,
      artifact: null,
      onOutput,
    });
  }

  async #startStage(spec: ProgramSpec): Promise<ProgramEnd> {
    this.#stage = this.#plan.sandbox.start(spec);
    const end = await this.#stage.done;
    this.#stage = null;
    return end;
  }

  #outcome(
    verdict: Verdict,
    run: StageOutput,
    compile: StageOutput | null,
    failure: string | null,
  ): CodeRunOutcome {
    const runtime = this.#plan.runtime.manifest.name;
    const result: CodeRunResult = { verdict, runtime, ...run, compile };
    return { result, failure };
  }
}

/** A compiler that was stopped by the caller is no fault of the source. */
function judgeCompile(verdict: ProgramVerdict, stopped: StopReason | null): Verdict {
  if (stopped !== null && verdict === stopped) return verdict;
  switch (verdict) {
    case 'sandbox-error':
    case 'cancelled':
      return verdict;
    case 'ok':
    case 'nonzero-exit':
    case 'signalled':
      return 'compile-error';
    case 'cpu-limit':
    case 'wall-limit':
    case 'memory-limit':
    case 'output-limit':
    case 'process-limit':
      return 'compile-limit';
  }
}
