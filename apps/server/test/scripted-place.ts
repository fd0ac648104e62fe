import { setTimeout as pause } from 'node:timers/promises';
import type {
  Isolation,
  Job,
  JobEnd,
  JobEvents,
  KillReason,
  Operation,
  RunningJob,
} from '@mayfly/worker';

/** Runs what the params say, and keeps count of it. */
export class ScriptedPlace implements Isolation {
  readonly canKill = true;
  readonly startedTwice: string[] = [];
  readonly overlaps: string[] = [];
  readonly #started = new Set<string>();
  readonly #alive = new Set<string>();

  get operation(): Operation {
    const taskType = { name: 'scripted', description: '', paramsSchema: {} };
    return { taskType: { ...taskType, isolation: 'thread' }, isolation: this };
  }

  start({ taskId, attempt, params }: Job, events: JobEvents): RunningJob {
    const name = `${taskId} ${attempt}`;
    if (this.#started.has(name)) this.startedTwice.push(name);
    this.#started.add(name);
    if (this.#alive.has(taskId)) this.overlaps.push(name);
    this.#alive.add(taskId);
    const stopped = Promise.withResolvers<JobEnd>();
    const stop = (_reason: KillReason): void => stopped.resolve({ kind: 'stopped' });
    const { work } = params as { work: string };
    const done = work === 'wait' ? stopped.promise : print(events);
    const ended = Promise.race([done, stopped.promise]).then((end) => {
      this.#alive.delete(taskId);
      return end;
    });
    return { terminate: stop, kill: stop, ended };
  }

  async close(): Promise<void> {
    // It keeps nothing ready.
  }
}

async function print(events: JobEvents): Promise<JobEnd> {
  for (const [index, word] of ['one ', 'two ', 'three'].entries()) {
    events.output('stdout', Buffer.from(word));
    events.progress(10 * (index + 1));
    await pause(5);
  }
  return { kind: 'returned', result: null };
}
