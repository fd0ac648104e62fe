import { MayflyError, type FieldError } from '@mayfly/contracts';
import { newSchemaCompiler, toFieldErrors } from '@mayfly/core';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import { z } from 'zod';

/** JSON Schema for Fastify's validator and for OpenAPI. */
export function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** For documentation of answers. */
export function answerOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
}

/** Bodies are taken as they are; queries and paths are text that stands for other types. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const body = newSchemaCompiler({ useDefaults: true });
  const text = newSchemaCompiler({ useDefaults: true, coerceTypes: 'array' });
  return ({ schema, httpPart }) => (httpPart === 'body' ? body : text).compile(schema);
}

/** From a failed validation to the error that tells what to mend. */
export function toRequestError(errors: FastifySchemaValidationError[], part: string): MayflyError {
  const inBody = part === 'body';
  const found = toFieldErrors(errors);
  const fields = inBody ? found : found.map(inQuery);
  const sentence = fields
    .map(({ pointer, detail }) => `${pointer || 'the body'} ${detail}`)
    .join('; ');
  return new MayflyError(
    inBody ? 'request.invalid' : 'request.bad_query',
    `Mend these ${inBody ? 'fields' : 'parameters'}: ${sentence}.`,
    { errors: fields },
  );
}

/** Parameters have plain names, not pointers. */
function inQuery(field: FieldError): FieldError {
  return { ...field, pointer: field.pointer.replace(/^\//, '').replace(/\/\d+$/, '') };
}
