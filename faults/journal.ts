import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

/** `tick`: it is alive. `end` and `abort` are the last words, if it had the time for any. */
export type JournalEvent = 'start' | 'tick' | 'end' | 'abort';

/** A line that an attempt writes about itself, whatever Mayfly believes of it. */
export interface JournalRecord {
  task: string;
  attempt: number;
  event: JournalEvent;
  /** Process of the worker that runs it. */
  worker: number;
  /** Wall clock, in milliseconds. */
  wall: number;
  /** Milliseconds since the machine was started: one clock for all of its processes. */
  mono: number;
}

const files = new Map<string, number>();

/** @returns the way to write about one attempt; each line is one append of a few bytes */
export function openJournal(
  folder: string,
  about: Pick<JournalRecord, 'task' | 'attempt' | 'worker'>,
): (event: JournalEvent) => void {
  const path = join(folder, `${process.pid}-${threadId}.jsonl`);
  const file = files.get(path) ?? openSync(path, 'a');
  files.set(path, file);
  return (event) => {
    const record: JournalRecord = { ...about, event, wall: Date.now(), mono: monotonicMs() };
    writeSync(file, `${JSON.stringify(record)}\n`);
  };
}

export function readJournals(folder: string): JournalRecord[] {
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      // The last line of a killed process may be cut short.
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as JournalRecord),
  );
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
