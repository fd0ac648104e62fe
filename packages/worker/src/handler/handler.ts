import { MayflyError, paramsJsonSchema, type JsonValue, type TaskType } from '@mayfly/contracts';
import type { z } from 'zod';
import type { CleanUp } from '../isolation/stop-hooks.ts';

/** What a handler gets beside its params. */
export interface HandlerContext {
  readonly taskId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Aborts when the attempt is to stop: cancelled, near its TTL, or the worker shuts down. */
  readonly signal: AbortSignal;
  /**
   * Has something cleaned up when the attempt is to stop. It runs while the grace lasts (`graceMs`;
   * without one there is no time for it), the last one first, and the end of the attempt waits for it.
   */
  readonly onStop: (cleanUp: CleanUp) => void;
  /** Reports how far the work is, in percent; shown by the API. */
  readonly progress: (percent: number) => void;
  /** Adds a line to the output of the task. */
  readonly log: (line: string) => void;
}

/** How handlers can be stopped; `docs/guides/handlers.md` compares the levels. */
export type HandlerIsolation = 'inline' | 'thread' | 'process';

interface HandlerBasics<Schema extends z.ZodType> {
  /** Name of the task type. */
  type: string;
  description?: string;
  /** Checked by the server at submission, as JSON Schema, and again here. */
  params: Schema;
  /** Does the work. What it returns, as JSON, is the result of the task; what it throws fails it. */
  run(
    params: z.output<Schema>,
    context: HandlerContext,
  ): JsonValue | undefined | void | Promise<JsonValue | undefined | void>;
}

type HandlerPlace =
  /** Runs beside the worker's own code; code that ignores its signal cannot be stopped. */
  | { isolation: 'inline'; module?: undefined }
  /** Runs in a place of its own, which is ended at the TTL. That place imports `module` anew. */
  | { isolation?: 'thread' | 'process'; module: string };

export type HandlerDefinition<Schema extends z.ZodType> = HandlerBasics<Schema> & HandlerPlace;

export interface Handler {
  readonly taskType: TaskType;
  readonly isolation: HandlerIsolation;
  /** URL of the module that exports the handler; null for `inline`. */
  readonly module: string | null;
  /** @throws MayflyError `task.invalid_params` before the handler is called */
  call(params: JsonValue, context: HandlerContext): Promise<JsonValue>;
}

const BRAND = Symbol.for('mayfly.handler');

/**
 * Declares the handler of a task type. Export it from its module, and give `module:
 * import.meta.url`, so that a thread or process of its own can load it.
 *
 * @throws TypeError when neither `module` nor `isolation: 'inline'` is given
 */
export function defineHandler<Schema extends z.ZodType>(
  definition: HandlerDefinition<Schema>,
): Handler {
  const isolation = definition.isolation ?? 'process';
  if (isolation !== 'inline' && definition.module === undefined) {
    throw new TypeError(
      `The handler ${definition.type} needs module: import.meta.url, or isolation: 'inline'.`,
    );
  }
  const handler: Handler = {
    taskType: {
      name: definition.type,
      description: definition.description ?? '',
      paramsSchema: paramsJsonSchema(definition.params),
      isolation,
    },
    isolation,
    module: definition.module ?? null,
    async call(params, context) {
      const parsed = definition.params.safeParse(params);
      if (!parsed.success) throw invalidParams(definition.type, parsed.error);
      return (await definition.run(parsed.data, context)) ?? null;
    },
  };
  return Object.defineProperty(handler, BRAND, { value: true });
}

/** Tells handlers among the exports of a module, also when the SDK is loaded twice. */
export function isHandler(value: unknown): value is Handler {
  return typeof value === 'object' && value !== null && BRAND in value;
}

function invalidParams(type: string, error: z.ZodError): MayflyError {
  const errors = error.issues.slice(0, 20).map((issue) => ({
    pointer: `/params/${issue.path.map(String).join('/')}`,
    detail: issue.message,
  }));
  const sentence = errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  return new MayflyError(
    'task.invalid_params',
    `The params of ${type} are not valid: ${sentence}.`,
    {
      errors,
    },
  );
}
