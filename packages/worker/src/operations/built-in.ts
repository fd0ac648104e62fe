import {
  BUILT_IN_TYPES,
  generateLoginParamsSchema,
  generateNumberParamsSchema,
  httpRequestParamsSchema,
  sleepParamsSchema,
  type Clock,
  type JsonValue,
  type TaskType,
} from '@mayfly/contracts';
import type { HandlerContext } from '../handler/handler.ts';
import { createInlineIsolation } from '../isolation/inline.ts';
import type { Operation } from '../worker/attempt-board.ts';
import { generateLogin, generateNumber } from './generate.ts';
import { createHttpOperation } from './http-request.ts';
import { runSleep } from './sleep.ts';

export interface BuiltInSettings {
  clock: Clock;
  allowPrivateAddresses: boolean;
}

type Call = (params: JsonValue, context: HandlerContext) => Promise<JsonValue>;

/** The operations that every worker has, `code.run` left out: that one needs a sandbox. */
export function createBuiltInOperations(settings: BuiltInSettings): Operation[] {
  const { clock } = settings;
  const http = createHttpOperation(settings);
  const inline = (name: string, call: Call): Operation => ({
    taskType: builtInType(name),
    isolation: createInlineIsolation(call),
  });
  const request = inline('http.request', (params, context) =>
    http.run(httpRequestParamsSchema.parse(params), context),
  );
  return [
    inline('generate.login', (params) =>
      Promise.resolve(generateLogin(generateLoginParamsSchema.parse(params))),
    ),
    inline('generate.number', async (params) =>
      generateNumber(generateNumberParamsSchema.parse(params)),
    ),
    inline('sleep', (params, context) => runSleep(sleepParamsSchema.parse(params), context, clock)),
    { ...request, isolation: { ...request.isolation, close: () => http.close() } },
  ];
}

export function builtInType(name: string): TaskType {
  const type = BUILT_IN_TYPES.find((candidate) => candidate.name === name);
  if (!type) throw new Error(`there is no built-in type ${name}`);
  return type;
}
