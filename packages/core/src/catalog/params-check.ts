import {
  jsonDepth,
  LIMITS,
  type FieldError,
  type JsonObject,
  type JsonValue,
} from '@mayfly/contracts';
import { newSchemaCompiler, toFieldErrors } from './json-schema.ts';

export type ParamsCheck = (params: JsonValue) => FieldError[];

/**
 * Compiles a JSON Schema into a check of params. Pointers in its answers are relative to the params.
 *
 * @throws Error that says what is wrong with the schema
 */
export function compileParamsCheck(schema: JsonObject): ParamsCheck {
  const size = JSON.stringify(schema).length;
  if (size > LIMITS.paramsSchemaBytesMax) {
    throw new Error(`the schema has ${size} bytes, the most is ${LIMITS.paramsSchemaBytesMax}`);
  }
  // One compiler a schema, so that two schemas with the same `$id` cannot meet.
  const validate = newSchemaCompiler().compile(schema);
  return (params) => {
    if (jsonDepth(params, LIMITS.paramsDepthMax) > LIMITS.paramsDepthMax) {
      return [{ pointer: '', detail: `must not nest deeper than ${LIMITS.paramsDepthMax} levels` }];
    }
    return validate(params) ? [] : toFieldErrors(validate.errors ?? []);
  };
}
