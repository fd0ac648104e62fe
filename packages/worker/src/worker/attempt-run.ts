import {
  LIMITS,
  type Clock,
  type JsonValue,
  type OutputStream,
  type Timer,
} from '@mayfly/contracts';
import type { Assignment } from '@mayfly/contracts/worker-protocol';
import type { Isolation, JobEnd, KillReason, RunningJob } from '../isolation/isolation.ts';
import type { Outbox, PendingReport } from './outbox.ts';

interface Parts {
  assignment: Assignment;
  isolation: Isolation;
  params: JsonValue;
  /** When the attempt must be dead, on the monotonic clock. */
  deadlineAt: number;
  outbox: Outbox;
  clock: Clock;
  /** The attempt is over, its code runs on, and nothing can end that. */
  onStuck(): void;
  /** The code has really ended, and its place is free. */
  onEnded(): void;
}

interface StopRequest {
  reason: KillReason;
  requestedAt: number;
}

/**
 * One attempt in its place: soft stop, hard stop, the deadline, and the report of the end.
 *
 * running ─┬─ code ends ───────────────────────────────▶ reported
 *          └─ stop (TTL, cancel, drain, lease) ─▶ soft ─▶ grace ─▶ kill ─▶ dead ─▶ reported
 *
 * A place that cannot kill is reported when it should be dead, without a confirmation, and a second
 * time when the code does end.
 */
export class AttemptRun {
  readonly #parts: Parts;
  readonly #job: RunningJob;
  #stop: StopRequest | undefined;
  #graceTimer: Timer | undefined;
  #deadlineTimer: Timer | undefined;
  #killed = false;
  #reported = false;
  #abandoned = false;
  #outputSeq = 0;
  #outputBytes = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { taskId, attempt } = parts.assignment;
    this.#armDeadline(parts.deadlineAt);
    this.#job = parts.isolation.start(
      { taskId, attempt, params: parts.params },
      {
        output: (stream, data) => this.#output(stream, data),
        progress: (percent) => this.#progress(percent),
      },
    );
    void this.#job.ended.then((end) => this.#end(end));
  }

  /** Soft stop now, hard stop after `graceMs`, and never later than the deadline. */
  stop(reason: KillReason, graceMs: number): void {
    if (this.#stop) return;
    this.#stop = { reason, requestedAt: this.#parts.clock.monotonic() };
    if (graceMs <= 0) {
      this.#kill(reason);
      return;
    }
    this.#job.terminate(reason);
    this.#graceTimer = this.#parts.clock.after(graceMs, () => this.#kill(reason));
  }

  /** Hard stop now. */
  kill(reason: KillReason): void {
    this.#stop ??= { reason, requestedAt: this.#parts.clock.monotonic() };
    this.#kill(reason);
  }

  /** Hard stop of an attempt that is no longer this worker's: nobody wants its report. */
  abandon(): void {
    this.#abandoned = true;
    this.kill('lease-lost');
  }

  moveDeadline(deadlineAt: number): void {
    if (!this.#stop) this.#armDeadline(deadlineAt);
  }

  #armDeadline(deadlineAt: number): void {
    const { clock, assignment } = this.#parts;
    this.#deadlineTimer?.cancel();
    const softAt = deadlineAt - assignment.graceMs;
    this.#deadlineTimer = clock.after(softAt - clock.monotonic(), () => {
      this.stop('ttl', assignment.graceMs);
      this.#deadlineTimer = clock.after(deadlineAt - clock.monotonic(), () => this.kill('ttl'));
    });
  }

  #kill(reason: KillReason): void {
    if (this.#killed) return;
    this.#killed = true;
    this.#job.kill(reason);
    if (this.#parts.isolation.canKill) return;
    this.#report({ kind: 'stopped' }, undefined);
    this.#parts.onStuck();
  }

  #end(end: JobEnd): void {
    this.#graceTimer?.cancel();
    this.#deadlineTimer?.cancel();
    this.#report(end, this.#stop ? this.#parts.clock.monotonic() : undefined);
    this.#parts.onEnded();
  }

  #report(end: JobEnd, stopConfirmedAt: number | undefined): void {
    if (this.#abandoned) return;
    const { taskId, attempt } = this.#parts.assignment;
    const described = describeEnd(end, this.#stop?.reason, this.#reported);
    this.#reported = true;
    const pending: PendingReport = {
      report: { taskId, attempt, ...described },
      stopRequestedAt: this.#stop?.requestedAt,
      stopConfirmedAt,
    };
    this.#parts.outbox.report(pending);
  }

  #output(stream: OutputStream, data: Uint8Array): void {
    if (this.#abandoned) return;
    const { taskId, attempt } = this.#parts.assignment;
    const left = LIMITS.outputBytesPerAttemptMax - this.#outputBytes;
    const kept = data.subarray(0, Math.max(0, left));
    this.#outputBytes += kept.byteLength;
    for (let from = 0; from < kept.byteLength; from += LIMITS.outputChunkBytesMax) {
      const part = kept.subarray(from, from + LIMITS.outputChunkBytesMax);
      const seq = this.#outputSeq++;
      this.#parts.outbox.output({ taskId, attempt, seq, stream, data: Buffer.from(part) });
    }
  }

  #progress(percent: number): void {
    const { taskId, attempt } = this.#parts.assignment;
    if (Number.isFinite(percent) && !this.#abandoned)
      this.#parts.outbox.progress({ taskId, attempt, percent });
  }
}

type Described = Pick<
  PendingReport['report'],
  'outcome' | 'resultJson' | 'errorCode' | 'errorMessage'
>;

/** @param late the stop of this attempt was reported before, so this is only about its real end */
function describeEnd(end: JobEnd, stop: KillReason | undefined, late: boolean): Described {
  const nothing = { errorCode: undefined, errorMessage: undefined };
  const resultJson = resultText(end.result);
  if (resultJson instanceof Error) {
    const { message } = resultJson;
    return {
      outcome: 'failed',
      resultJson: undefined,
      errorCode: 'attempt.invalid_result',
      errorMessage: message,
    };
  }
  if (stop !== undefined && (end.kind === 'stopped' || stop !== 'ttl' || late)) {
    const outcome = late && end.kind === 'returned' ? 'completed' : OUTCOME_OF_STOP[stop];
    return { outcome, resultJson, ...nothing };
  }
  switch (end.kind) {
    case 'returned':
      return { outcome: 'completed', resultJson, ...nothing };
    case 'threw':
      return { outcome: 'failed', resultJson, errorCode: end.code, errorMessage: end.message };
    case 'stopped':
      // Nobody asked for it: the place ended the code by itself.
      return {
        outcome: 'failed',
        resultJson,
        errorCode: 'handler.crashed',
        errorMessage: 'The code was ended from outside.',
      };
  }
}

const OUTCOME_OF_STOP: Record<KillReason, string> = {
  ttl: 'expired',
  cancel: 'cancelled',
  drain: 'lost',
  'lease-lost': 'lost',
};

/** The result as JSON text, or the error that says why it cannot be one. */
function resultText(result: unknown): string | undefined | Error {
  if (result === undefined) return undefined;
  try {
    const text = JSON.stringify(result) as string | undefined;
    if (text === undefined) return new Error(`The handler returned a ${typeof result}.`);
    if (Buffer.byteLength(text) <= LIMITS.resultBytesMax) return text;
    return new Error(`The result is larger than ${LIMITS.resultBytesMax} bytes of JSON.`);
  } catch (error) {
    return new Error(
      `The result is no JSON: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  }
}
