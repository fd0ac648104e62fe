import type { JsonValue, OutputStream } from '@mayfly/contracts';

/** One attempt, as a place to run it gets it. */
export interface Job {
  taskId: string;
  attempt: number;
  params: JsonValue;
}

/** Where a running attempt sends what it says meanwhile. */
export interface JobEvents {
  output(stream: OutputStream, data: Uint8Array): void;
  progress(percent: number): void;
}

/** How the work itself ended; why it was told to stop is the attempt's matter. */
export type JobEnd =
  | { kind: 'returned'; result: JsonValue }
  | { kind: 'threw'; code: string; message: string; result?: JsonValue }
  /** Ended by `kill`, or by `terminate` where the program obeyed it. */
  | { kind: 'stopped'; result?: JsonValue };

export interface RunningJob {
  /** Soft stop: the code is told, and may clean up. */
  terminate(reason: KillReason): void;
  /** Hard stop. Resolves when the code is dead; never for a level that cannot kill. */
  kill(reason: KillReason): void;
  /** Resolves when the code has ended, however it did. Never rejects. */
  readonly ended: Promise<JobEnd>;
}

export type KillReason = 'ttl' | 'cancel' | 'drain' | 'lease-lost';

/** A place where attempts of one task type run. */
export interface Isolation {
  /** False: `kill` cannot end the code, so the attempt is over without a confirmed death. */
  readonly canKill: boolean;
  start(job: Job, events: JobEvents): RunningJob;
  /** Ends what is kept ready for later jobs. */
  close(): Promise<void>;
}
