import { z } from 'zod';
import { codeRunParamsSchema } from '../code-run/params.ts';
import type { JsonObject } from '../json.ts';
import type { IsolationLevel, TaskType } from '../worker/registration.ts';
import {
  generateLoginParamsSchema,
  generateNumberParamsSchema,
  httpRequestParamsSchema,
  sleepParamsSchema,
} from './built-in.ts';

/** The one type whose tasks need a runtime, and a sandbox. */
export const CODE_RUN = 'code.run';

/** JSON Schema of params as a client sends them: what has a default may be left out. */
export function paramsJsonSchema(schema: z.ZodType): JsonObject {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
}

function builtIn(
  name: string,
  description: string,
  schema: z.ZodType,
  isolation: IsolationLevel,
): TaskType {
  return { name, description, paramsSchema: paramsJsonSchema(schema), isolation };
}

/** The operations that every worker brings along; the server knows them before any worker comes. */
export const BUILT_IN_TYPES: readonly TaskType[] = [
  builtIn(
    CODE_RUN,
    'Runs a program in a sandbox, compiled first where the language asks for it.',
    codeRunParamsSchema,
    'sandbox',
  ),
  builtIn(
    'generate.login',
    'Makes a random login of a given length and alphabet.',
    generateLoginParamsSchema,
    'inline',
  ),
  builtIn(
    'generate.number',
    'Makes a random number with so many digits, or between two bounds.',
    generateNumberParamsSchema,
    'inline',
  ),
  builtIn(
    'http.request',
    'Calls a URL and keeps status, headers and body.',
    httpRequestParamsSchema,
    'inline',
  ),
  builtIn('sleep', 'Waits; for trials of lifetimes.', sleepParamsSchema, 'inline'),
];
