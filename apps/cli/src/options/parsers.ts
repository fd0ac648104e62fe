import { readFileSync } from 'node:fs';
import { parseDuration, systemClock, type JsonValue } from '@mayfly/contracts';
import { InvalidArgumentError } from 'commander';
import { parseByteSize } from './byte-size.ts';

/** Values of options. Each throws what commander shows in one line beside the option's name. */

/** `500ms`, `5s`, `2m`. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Give a duration such as 500ms, 5s or 2m.');
}

/** `65536`, `64k`, `256m`. */
export function byteSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('Give a size in bytes such as 65536, 64k, 256m or 1g.');
}

/** Also below 0. */
export function wholeNumber(text: string): number {
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('Give a whole number.');
}

/** A whole number from 1. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('Give a whole number above 0.');
}

/** A point in time, or a duration that lies as far in the past. */
export function pastTime(text: string): string {
  return toTime(text, -1);
}

/** A point in time, or a duration from now. */
export function futureTime(text: string): string {
  return toTime(text, 1);
}

function toTime(text: string, direction: 1 | -1): string {
  const ms = parseDuration(text);
  const date = ms === undefined ? new Date(text) : new Date(systemClock.now() + direction * ms);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new InvalidArgumentError(
    'Give a time such as 2026-01-31T12:00:00Z, or a duration such as 2h.',
  );
}

/** Values with commas between them; the option may also be given several times. */
export function list(text: string, before: readonly string[] = []): string[] {
  const values = text.split(',').map((value) => value.trim());
  if (values.some((value) => value === '')) {
    throw new InvalidArgumentError('Give names with commas between them.');
  }
  return [...before, ...values];
}

/** For options that may be given several times. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** `name=value`, several times. */
export function pairs(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Write it as name=value.');
  }
  return { ...before, [name]: value };
}

/** JSON, or `@file` with JSON in it, or `-` for JSON from stdin. */
export function jsonValue(text: string): JsonValue {
  const source = readSource(text);
  try {
    return JSON.parse(source) as JsonValue;
  } catch (error) {
    throw new InvalidArgumentError(`It is no JSON: ${messageOf(error)}.`);
  }
}

function readSource(text: string): string {
  if (text !== '-' && !text.startsWith('@')) return text;
  try {
    return readFileSync(text === '-' ? 0 : text.slice(1), 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${messageOf(error)}.`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
