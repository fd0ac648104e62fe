import type { JsonValue } from '@mayfly/contracts';
import type { Job, JobEnd, KillReason } from './isolation.ts';

/** What the worker tells a thread or process that runs handlers. */
export type ToPlace =
  | { kind: 'start'; job: Job }
  /** The soft stop. */
  | { kind: 'abort'; reason: KillReason };

/** What such a place tells the worker. */
export type FromPlace =
  | { kind: 'ready' }
  | { kind: 'log'; text: string }
  | { kind: 'progress'; percent: number }
  | { kind: 'end'; end: JobEnd };

/** Which handler a place is for. */
export interface PlaceSettings {
  module: string;
  type: string;
}

export interface Place {
  post(message: FromPlace): void;
  onMessage(listener: (message: ToPlace) => void): void;
}

/** Results cross a boundary as JSON; what JSON cannot say is the handler's failure, told as such. */
export function asJson(value: unknown): JsonValue {
  const text = JSON.stringify(value ?? null) as string | undefined;
  if (text === undefined) throw new TypeError(`a ${typeof value} is no JSON value`);
  return JSON.parse(text) as JsonValue;
}
