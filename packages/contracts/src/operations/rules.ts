import type { CodeRunParams } from '../code-run/params.ts';
import { findCodeRunFaults } from '../code-run/rules.ts';
import type { FieldError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { GenerateNumberParams } from './built-in.ts';
import { CODE_RUN } from './types.ts';

/**
 * Faults of params of a built-in type that no JSON Schema can say, such as fields that exclude each
 * other. `params` has passed the schema. Pointers are relative to the params.
 */
export function findRuleFaults(type: string, params: JsonValue): FieldError[] {
  if (type === CODE_RUN) return findCodeRunFaults(params as unknown as CodeRunParams);
  if (type === 'generate.number') return findNumberFaults(params as GenerateNumberParams);
  return [];
}

export function findNumberFaults({ digits, min, max }: GenerateNumberParams): FieldError[] {
  if (min === undefined && max === undefined) return [];
  if (digits !== undefined) {
    return [{ pointer: '/digits', detail: 'give either digits, or min and max' }];
  }
  if (min === undefined || max === undefined) {
    const missing = min === undefined ? '/min' : '/max';
    return [{ pointer: missing, detail: 'give both min and max' }];
  }
  if (min > max) return [{ pointer: '/min', detail: 'must not be greater than max' }];
  if (max - min < Number.MAX_SAFE_INTEGER) return [];
  return [{ pointer: '/max', detail: 'must be less than 2^53 - 1 above min' }];
}
