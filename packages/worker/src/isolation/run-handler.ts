import type { JsonValue } from '@mayfly/contracts';
import type { HandlerContext } from '../handler/handler.ts';
import type { Job, JobEnd, JobEvents, KillReason } from './isolation.ts';
import { toThrewEnd } from './job-error.ts';
import { StopHooks } from './stop-hooks.ts';

type Call = (params: JsonValue, context: HandlerContext) => Promise<JsonValue>;

/** One call of a handler, in whatever place. */
export interface HandlerRun {
  /** The soft stop: the signal aborts, and clean-up runs. */
  stop(reason: KillReason): void;
  /** Resolves when handler and clean-up are over. Never rejects. */
  readonly ended: Promise<JobEnd>;
}

export function runHandler(call: Call, job: Job, events: JobEvents): HandlerRun {
  const log = (line: string): void => events.output('log', Buffer.from(`${line}\n`));
  const hooks = new StopHooks((error) => log(`clean-up failed: ${messageOf(error)}`));
  const context: HandlerContext = {
    taskId: job.taskId,
    attempt: job.attempt,
    signal: hooks.signal,
    onStop: (cleanUp) => hooks.add(cleanUp),
    progress: (percent) => events.progress(percent),
    log,
  };
  return { stop: (reason) => hooks.stop(reason), ended: run(call, job.params, context, hooks) };
}

async function run(
  call: Call,
  params: JsonValue,
  context: HandlerContext,
  hooks: StopHooks,
): Promise<JobEnd> {
  try {
    const result = await call(params, context);
    await hooks.finished();
    return { kind: 'returned', result };
  } catch (error) {
    await hooks.finished();
    return context.signal.aborted ? { kind: 'stopped' } : toThrewEnd(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
