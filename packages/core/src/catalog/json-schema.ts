import type { FieldError } from '@mayfly/contracts';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A compiler of JSON Schema 2020-12 with the formats that zod writes. */
export function newSchemaCompiler(
  options: { coerceTypes?: 'array'; useDefaults?: boolean } = {},
): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    removeAdditional: false,
    coerceTypes: false,
    ...options,
  });
  formats.default(ajv);
  return ajv.addFormat('base64', BASE64);
}

/** What this needs of an ajv error. */
type SchemaError = Pick<ErrorObject, 'keyword' | 'instancePath' | 'params' | 'message'>;

/** Errors told at once; the rest would only bury them. */
const ERRORS_TOLD_MAX = 20;

/**
 * From ajv's errors to one a field, each with a pointer at the field itself, also for missing and
 * unknown ones. What only repeats another error in other words is left out.
 */
export function toFieldErrors(errors: readonly SchemaError[]): FieldError[] {
  const details = new Map<string, Set<string>>();
  for (const error of errors) {
    const pointer = pointerOf(error);
    if (isEcho(error, pointer, errors)) continue;
    details.set(pointer, (details.get(pointer) ?? new Set()).add(detailOf(error)));
  }
  return [...details]
    .slice(0, ERRORS_TOLD_MAX)
    .map(([pointer, texts]) => ({ pointer, detail: [...texts].join(' and ') }));
}

/** `anyOf` sums up its branches, "must be null" is one of them, and zod writes formats twice. */
function isEcho(error: SchemaError, pointer: string, all: readonly SchemaError[]): boolean {
  const others = all.filter((other) => other !== error && pointerOf(other).startsWith(pointer));
  switch (error.keyword) {
    case 'anyOf':
      return others.length > 0;
    case 'type':
      return (
        (error.params as { type?: unknown }).type === 'null' &&
        others.some((other) => other.keyword === 'anyOf')
      );
    case 'pattern':
      return others.some((other) => other.keyword === 'format');
    default:
      return false;
  }
}

function pointerOf(error: SchemaError): string {
  const params = error.params as Record<string, unknown>;
  const child = (params['missingProperty'] ?? params['additionalProperty']) as string | undefined;
  return child === undefined ? error.instancePath : `${error.instancePath}/${escapePointer(child)}`;
}

function detailOf(error: SchemaError): string {
  switch (error.keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return 'is not a known field';
    case 'enum':
      return `must be one of ${(error.params['allowedValues'] as unknown[]).map(String).join(', ')}`;
    default:
      return error.message ?? 'is not valid';
  }
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
