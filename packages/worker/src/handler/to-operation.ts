import { createInlineIsolation } from '../isolation/inline.ts';
import type { Isolation } from '../isolation/isolation.ts';
import { createProcessIsolation } from '../isolation/process.ts';
import { createThreadIsolation } from '../isolation/thread.ts';
import type { Operation } from '../worker/attempt-board.ts';
import type { Handler } from './handler.ts';

/** @param env environment of handlers that run in processes of their own */
export function toOperation(handler: Handler, env: Record<string, string>): Operation {
  return { taskType: handler.taskType, isolation: isolationOf(handler, env) };
}

function isolationOf(handler: Handler, env: Record<string, string>): Isolation {
  const settings = { module: handler.module ?? '', type: handler.taskType.name };
  switch (handler.isolation) {
    case 'inline':
      return createInlineIsolation((params, context) => handler.call(params, context));
    case 'thread':
      return createThreadIsolation(settings);
    case 'process':
      return createProcessIsolation(settings, env);
  }
}
