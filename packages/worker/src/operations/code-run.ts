import {
  MayflyError,
  type CodeRunParams,
  type CodeRunResult,
  type JsonValue,
} from '@mayfly/contracts';
import type { CodeRun, CodeRunner, CodeRunOutcome, StopReason } from '@mayfly/sandbox';
import type {
  Isolation,
  Job,
  JobEnd,
  JobEvents,
  KillReason,
  RunningJob,
} from '../isolation/isolation.ts';
import { toThrewEnd } from '../isolation/job-error.ts';
import type { Operation } from '../worker/attempt-board.ts';
import { builtInType } from './built-in.ts';

/** The `code.run` operation on a sandbox. Closing it leaves the sandbox to whoever made it. */
export function createCodeOperation(runner: CodeRunner): Operation {
  const isolation: Isolation = {
    canKill: true,
    start: (job, events) => start(runner, job, events),
    close: () => Promise.resolve(),
  };
  return { taskType: builtInType('code.run'), isolation };
}

function start(runner: CodeRunner, job: Job, events: JobEvents): RunningJob {
  const params = job.params as unknown as CodeRunParams;
  let run: CodeRun;
  try {
    run = runner.start(params, { onOutput: (stream, chunk) => events.output(stream, chunk) });
  } catch (error) {
    return notStarted(error);
  }
  let stopped = false;
  const stop = (how: 'terminate' | 'kill', reason: KillReason): void => {
    stopped = true;
    run[how](verdictOf(reason));
  };
  return {
    terminate: (reason) => stop('terminate', reason),
    kill: (reason) => stop('kill', reason),
    ended: run.done.then((outcome) => toJobEnd(outcome, params, stopped)),
  };
}

function notStarted(cause: unknown): RunningJob {
  return {
    terminate: () => undefined,
    kill: () => undefined,
    ended: Promise.resolve(toThrewEnd(MayflyError.from(cause, 'sandbox.failed'))),
  };
}

function toJobEnd(
  { result, failure }: CodeRunOutcome,
  params: CodeRunParams,
  stopped: boolean,
): JobEnd {
  const json = result as unknown as JsonValue;
  if (result.verdict === 'sandbox-error') {
    const message = failure ?? 'The sandbox could not run the program.';
    return { kind: 'threw', code: 'sandbox.failed', message, result: json };
  }
  if (stopped && (result.verdict === 'wall-limit' || result.verdict === 'cancelled')) {
    return { kind: 'stopped', result: json };
  }
  if (params.failOnNonZeroExit && result.verdict !== 'ok') {
    return { kind: 'threw', code: 'code.nonzero_exit', message: describe(result), result: json };
  }
  return { kind: 'returned', result: json };
}

/** In the result, a program that its TTL ended ran into the wall, and any other end is a cancel. */
function verdictOf(reason: KillReason): StopReason {
  return reason === 'ttl' ? 'wall-limit' : 'cancelled';
}

function describe({ verdict, exitCode, signal }: CodeRunResult): string {
  const detail = signal ?? (exitCode === null ? null : `exit code ${exitCode}`);
  return `The program ended with ${verdict}${detail === null ? '' : ` (${detail})`}.`;
}
