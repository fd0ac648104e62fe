import { setTimeout as pause } from 'node:timers/promises';
import { defineHandler, type HandlerContext } from '@mayfly/worker';
import { z } from 'zod';
import { monotonicMs, openJournal } from './journal.ts';

const params = z.object({
  /** Folder of the journals. */
  journal: z.string(),
  ms: z.int(),
  /** `spin` never yields, `fail` throws at its end. */
  mode: z.enum(['sleep', 'spin', 'fail']),
});

type Params = z.output<typeof params>;

const TICK_MS = 20;

// Taken when the module is loaded: a parent that has died is replaced by another.
const PARENT = process.ppid;

/** Runs in the worker itself. */
export const inline = defineHandler({
  type: 'fault.inline',
  isolation: 'inline',
  params,
  run: (given, context) => work(given, context, process.pid),
});

/** Runs in a thread of the worker. */
export const thread = defineHandler({
  type: 'fault.thread',
  isolation: 'thread',
  module: import.meta.url,
  params,
  run: (given, context) => work(given, context, process.pid),
});

/** Runs in a process of its own. */
export const child = defineHandler({
  type: 'fault.process',
  isolation: 'process',
  module: import.meta.url,
  params,
  run: (given, context) => work(given, context, PARENT),
});

async function work(
  { journal, ms, mode }: Params,
  { taskId, attempt, signal }: HandlerContext,
  worker: number,
): Promise<{ ms: number }> {
  const write = openJournal(journal, { task: taskId, attempt, worker });
  write('start');
  const endAt = monotonicMs() + ms;
  try {
    for (let left = ms; left > 0; left = endAt - monotonicMs()) {
      if (mode === 'spin') spin(Math.min(left, TICK_MS));
      else await pause(Math.min(left, TICK_MS), undefined, { signal });
      write('tick');
    }
  } catch (error) {
    write('abort');
    throw error;
  }
  write('end');
  if (mode === 'fail') throw new Error('It was told to fail.');
  return { ms };
}

function spin(ms: number): void {
  const until = monotonicMs() + ms;
  while (monotonicMs() < until);
}
