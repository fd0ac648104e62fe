import type { JsonValue } from '@mayfly/contracts';
import type { HandlerContext } from '../handler/handler.ts';
import type { Isolation, Job, JobEnd, JobEvents, RunningJob } from './isolation.ts';
import { toThrewEnd } from './job-error.ts';

type Call = (params: JsonValue, context: HandlerContext) => Promise<JsonValue>;

/**
 * Runs the handler in the worker itself. It costs nothing and stops nothing: a handler that
 * ignores its signal runs on.
 */
export function createInlineIsolation(call: Call): Isolation {
  return {
    canKill: false,
    start: (job, events) => start(call, job, events),
    close: () => Promise.resolve(),
  };
}

function start(call: Call, job: Job, events: JobEvents): RunningJob {
  const stop = new AbortController();
  const context = createContext(job, stop.signal, events);
  return {
    terminate: () => stop.abort(),
    kill: () => stop.abort(),
    ended: run(call, job.params, context),
  };
}

async function run(call: Call, params: JsonValue, context: HandlerContext): Promise<JobEnd> {
  try {
    return { kind: 'returned', result: await call(params, context) };
  } catch (error) {
    return context.signal.aborted ? { kind: 'stopped' } : toThrewEnd(error);
  }
}

/** The context of a handler, whatever place it runs in. */
export function createContext(job: Job, signal: AbortSignal, events: JobEvents): HandlerContext {
  return {
    taskId: job.taskId,
    attempt: job.attempt,
    signal,
    progress: (percent) => events.progress(percent),
    log: (line) => events.output('log', Buffer.from(`${line}\n`)),
  };
}
