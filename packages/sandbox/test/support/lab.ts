import { jsonToBytes, systemClock, type CodeRunParams, type TextOrBytes } from '@mayfly/contracts';
import type { TestContext } from 'vitest';
import {
  createCodeRunner,
  loadManifests,
  probeRuntimes,
  type CodeRun,
  type CodeRunner,
  type CodeRunOutcome,
  type Sandbox,
} from '../../src/index.ts';
import { retryUntil } from '../../src/retry-until.ts';

/** A sandbox with a runner on it, and what a test needs to watch runs. */
export interface Lab {
  sandbox: Sandbox;
  runner: CodeRunner;
}

/** Opens a lab with the languages named, or with all that there are. */
export async function openLab(sandbox: Sandbox, names?: readonly string[]): Promise<Lab> {
  const manifests = loadManifests().filter(({ name }) => names?.includes(name) ?? true);
  const { working } = await probeRuntimes({ sandbox, manifests });
  return { sandbox, runner: createCodeRunner({ sandbox, runtimes: working }) };
}

/** Skips a test whose language is not installed, loudly; under CI every language has to be. */
export function needRuntime(lab: Lab, name: string, context: TestContext): void {
  if (lab.runner.runtimes.some((runtime) => runtime.name === name)) return;
  if (process.env['CI']) throw new Error(`The runtime ${name} does not work on this machine.`);
  say(`SKIPPED: ${context.task.name}: the runtime ${name} does not work here.`);
  context.skip();
}

export interface WatchedRun extends CodeRun {
  /** Resolves when the program has printed this. */
  printed(text: string): Promise<void>;
}

export function watch(lab: Lab, params: CodeRunParams): WatchedRun {
  let seen = '';
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  const run = lab.runner.start(params, {
    onOutput: (_, chunk) => {
      seen += Buffer.from(chunk).toString('latin1');
      for (const { text, resolve } of waiting) if (seen.includes(text)) resolve();
    },
  });
  void run.done.then((outcome) => {
    const error = new Error(`The program ended first: ${JSON.stringify(outcome)}`);
    for (const { reject } of waiting) reject(error);
  });
  return {
    done: run.done,
    terminate: (reason) => run.terminate(reason),
    kill: (reason) => run.kill(reason),
    printed: (text) =>
      new Promise((resolve, reject) => {
        if (seen.includes(text)) resolve();
        else waiting.push({ text, resolve, reject });
      }),
  };
}

export async function run(lab: Lab, params: CodeRunParams): Promise<CodeRunOutcome['result']> {
  const { result, failure } = await lab.runner.start(params).done;
  if (failure !== null) throw new Error(failure);
  return result;
}

/** Runs a Python program and returns what it printed as JSON. */
export async function ask<Answer>(lab: Lab, code: string): Promise<Answer> {
  const result = await run(lab, { runtime: 'python', code });
  if (result.verdict !== 'ok') throw new Error(JSON.stringify(result));
  return JSON.parse(textOf(result.stdout)) as Answer;
}

/** Time from now until a run is over, in milliseconds. */
export async function timeEnd(
  done: Promise<CodeRunOutcome>,
): Promise<{ elapsedMs: number; result: CodeRunOutcome['result'] }> {
  const from = performance.now();
  const { result, failure } = await done;
  if (failure !== null) throw new Error(failure);
  return { elapsedMs: performance.now() - from, result };
}

/** Waits until a list of leftovers is empty; returns what is left after two seconds. */
export async function waitUntilEmpty(list: () => string[]): Promise<string[]> {
  await retryUntil(systemClock, 2000, () => list().length === 0);
  return list();
}

export function textOf(output: TextOrBytes): string {
  return Buffer.from(jsonToBytes(output)).toString();
}

/** A line for whoever watches the tests run. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
