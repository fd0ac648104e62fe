export { createBubblewrapSandbox } from './bubblewrap/create-bubblewrap-sandbox.ts';
export type { BubblewrapOptions } from './bubblewrap/in-process-sandbox.ts';
export type { CodeRun, CodeRunOptions, CodeRunOutcome } from './code-run.ts';
export { createCodeRunner, type CodeRunner, type CodeRunnerOptions } from './code-runner.ts';
export { resolveLimits, type ResolvedLimits } from './limits.ts';
export { loadManifests, type RuntimeManifest } from './runtimes/manifest.ts';
export {
  probeRuntimes,
  type MissingRuntime,
  type ProbedRuntimes,
  type ProbeOptions,
} from './runtimes/probe-runtimes.ts';
export { describeRuntime, type Runtime } from './runtimes/runtime.ts';
export type * from './sandbox.ts';
