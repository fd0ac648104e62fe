import { randomBytes, randomInt } from 'node:crypto';
import {
  findNumberFaults,
  type GenerateLoginParams,
  type GenerateNumberParams,
} from '@mayfly/contracts';
import { HandlerError } from '../isolation/job-error.ts';

const DIGITS_DEFAULT = 8;

export function generateLogin({ length, alphabet }: GenerateLoginParams): { login: string } {
  const characters = Array.from(alphabet);
  const login = Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
  return { login };
}

/** A number with exactly `digits` digits, or from `min` to `max`, both included. */
export function generateNumber(params: GenerateNumberParams): { number: number } {
  const [fault] = findNumberFaults(params);
  if (fault) throw new HandlerError('task.invalid_params', `${fault.pointer}: ${fault.detail}`);
  const { min, max } = rangeOf(params);
  return { number: min + randomBelow(max - min + 1) };
}

function rangeOf({ digits, min, max }: GenerateNumberParams): { min: number; max: number } {
  if (min !== undefined && max !== undefined) return { min, max };
  const count = digits ?? DIGITS_DEFAULT;
  return { min: count === 1 ? 0 : 10 ** (count - 1), max: 10 ** count - 1 };
}

/** Uniform from 0 to `count - 1`, for any safe integer: draws again what lies beyond the last whole round. */
function randomBelow(count: number): number {
  const bits = BigInt(Math.max(1, Math.ceil(Math.log2(count)) + 1));
  for (;;) {
    const drawn = Number(randomBytes(8).readBigUInt64BE() >> (64n - bits));
    if (drawn < count) return drawn;
  }
}
