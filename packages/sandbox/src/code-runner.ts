import {
  findCodeRunFaults,
  jsonToBytes,
  MayflyError,
  type CodeRunParams,
  type RuntimeInfo,
  type StageLimits,
} from '@mayfly/contracts';
import { ArtifactCache } from './artifact-cache.ts';
import { CodeRunLife } from './code-run-life.ts';
import type { CodeRun, CodeRunOptions } from './code-run.ts';
import { COMPILE_LIMITS, resolveLimits } from './limits.ts';
import { RuntimeCatalog } from './runtimes/runtime-catalog.ts';
import { describeRuntime, type Runtime } from './runtimes/runtime.ts';
import type { ProgramFile, Sandbox } from './sandbox.ts';

/** Runs `code.run` tasks: compiles where a language needs it, and runs the program. */
export interface CodeRunner {
  /** What can be run here. */
  readonly runtimes: readonly RuntimeInfo[];
  /**
   * Starts a run. Throws `task.invalid_params` or `task.unknown_runtime`; after that nothing
   * throws any more.
   */
  start(params: CodeRunParams, options?: CodeRunOptions): CodeRun;
}

export interface CodeRunnerOptions {
  sandbox: Sandbox;
  runtimes: readonly Runtime[];
  /** The operator's word: requests and runtimes above it are lowered to it. */
  ceilings?: StageLimits;
  /** Memory for compiled programs. Default 128 MiB. */
  cacheBytes?: number;
}

const MIB = 1024 * 1024;
const DEFAULT_CACHE_BYTES = 128 * MIB;
const ARTIFACT_BYTES_MAX = 32 * MIB;

export function createCodeRunner(options: CodeRunnerOptions): CodeRunner {
  const { sandbox, runtimes, ceilings } = options;
  const catalog = new RuntimeCatalog(runtimes);
  const cache = new ArtifactCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  return {
    runtimes: runtimes.map(describeRuntime),
    start(params, { onOutput } = {}) {
      refuseFaults(params);
      const runtime = catalog.find(params.runtime);
      const { runLimits, compileLimits } = runtime.manifest;
      return new CodeRunLife({
        sandbox,
        cache,
        runtime,
        files: decodeFiles(params, runtime),
        stdin: jsonToBytes(params.stdin ?? ''),
        args: params.args ?? [],
        env: { ...runtime.manifest.env, ...params.env },
        runLimits: resolveLimits([runLimits, params.limits], ceilings),
        compileLimits: resolveLimits(
          [COMPILE_LIMITS, compileLimits, params.compileLimits],
          ceilings,
        ),
        artifactBytesMax: ARTIFACT_BYTES_MAX,
        onOutput,
      });
    },
  };
}

function refuseFaults(params: CodeRunParams): void {
  const errors = findCodeRunFaults(params);
  const [first] = errors;
  if (first === undefined) return;
  throw new MayflyError('task.invalid_params', `${first.pointer}: ${first.detail}`, { errors });
}

function decodeFiles(params: CodeRunParams, runtime: Runtime): ProgramFile[] {
  const { code = '', files } = params;
  const main = { path: runtime.manifest.sourceFile, content: code, encoding: 'utf8' as const };
  return (files ?? [main]).map(({ path, content, encoding }) => ({
    path,
    content: Buffer.from(content, encoding),
    executable: false,
  }));
}
