import { serverFrame, type ServerFrame } from '@mayfly/contracts/worker-protocol';
import type { WorkerRegistration } from '@mayfly/contracts';
import type { HeldAttempt, SessionRef } from '../task/attempt.ts';
import { WorkerClock } from '../time/worker-clock.ts';

/** The way to one worker: a gRPC stream, or a call within the process. */
export interface WorkerLink {
  send(frame: ServerFrame): void;
  close(reason: string): void;
}

/** A held attempt with its deadline on the server's monotonic clock. */
export interface TrackedAttempt extends HeldAttempt {
  deadlineAt: number;
}

/**
 * What the server knows of one connected worker. Frames to it are gathered for the length of a
 * turn, so that a claim of many attempts is one write.
 */
export class WorkerSession {
  readonly id: string;
  /** This connection, as the store knows it. */
  readonly ref: SessionRef;
  readonly registration: WorkerRegistration;
  readonly held = new Map<string, TrackedAttempt>();
  readonly clock = new WorkerClock();
  /** Attempts that the worker still takes. */
  credits = 0;
  /** Gets nothing more. */
  draining = false;
  /** It has said so itself, so its lease ends with its connection: nobody has to tell it again. */
  leaving = false;
  connected = true;
  /** When it last sent a heartbeat, on the monotonic clock. */
  heardAt: number;
  /** Ends when all output that has come so far is stored. */
  outputInFlight: Promise<void> | undefined;
  readonly #link: WorkerLink;
  #outbox: ServerFrame | undefined;
  #outputStored = 0;

  constructor(
    registration: WorkerRegistration,
    link: WorkerLink,
    { session, heardAt }: { session: number; heardAt: number },
  ) {
    this.id = registration.incarnation;
    this.ref = { workerId: this.id, session };
    this.registration = registration;
    this.#link = link;
    this.heardAt = heardAt;
  }

  /** Adds to the frame that goes out at the end of this turn. */
  queue(write: (frame: ServerFrame) => void): void {
    if (!this.connected) return;
    if (!this.#outbox) {
      this.#outbox = serverFrame({});
      queueMicrotask(() => this.#flush());
    }
    write(this.#outbox);
  }

  follow(output: Promise<void>): void {
    const settled = output.finally(() => {
      if (this.outputInFlight === settled) this.outputInFlight = undefined;
    });
    this.outputInFlight = settled;
  }

  acknowledgeOutput(chunks: number): void {
    this.#outputStored += chunks;
    this.queue((frame) => {
      frame.outputStored = this.#outputStored;
    });
  }

  close(reason: string): void {
    this.#flush();
    this.connected = false;
    this.#link.close(reason);
  }

  #flush(): void {
    const frame = this.#outbox;
    this.#outbox = undefined;
    if (frame && this.connected) this.#link.send(frame);
  }
}
