import type { JsonValue } from '@mayfly/contracts';
import type { HandlerContext } from '../handler/handler.ts';
import type { Isolation } from './isolation.ts';
import { runHandler } from './run-handler.ts';

/**
 * Runs the handler in the worker itself. It costs nothing and stops nothing: a handler that
 * ignores its signal runs on.
 */
export function createInlineIsolation(
  call: (params: JsonValue, context: HandlerContext) => Promise<JsonValue>,
): Isolation {
  return {
    canKill: false,
    start(job, events) {
      const run = runHandler(call, job, events);
      return {
        terminate: (reason) => run.stop(reason),
        kill: (reason) => run.stop(reason),
        ended: run.ended,
      };
    },
    close: () => Promise.resolve(),
  };
}
