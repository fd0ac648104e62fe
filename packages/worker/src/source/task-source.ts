import type { MayflyError } from '@mayfly/contracts';
import type { Hello, ServerFrame, WorkerFrame } from '@mayfly/contracts/worker-protocol';

/**
 * Where a worker gets its attempts from. Implementations differ in the way they reach the server;
 * the protocol of frames is the same on all.
 */
export interface TaskSource {
  /**
   * Opens a session. Resolves once the server has taken the worker in.
   *
   * @throws MayflyError `attempt.lease_lost` when this incarnation is over, `worker.rejected` or an
   *   `auth` code when trying again cannot help; any other error may pass with time
   */
  open(hello: Hello, listener: SourceListener): Promise<SourceSession>;
}

export interface SourceListener {
  onFrame(frame: ServerFrame): void;
  /** The session is over, from either side. Called once, and never before `open` has resolved. */
  onClosed(reason: MayflyError | undefined): void;
}

export interface SourceSession {
  send(frame: WorkerFrame): void;
  /** False while the way to the server is full; frames then wait in the worker. */
  readonly writable: boolean;
  /** Called each time the way is free again. */
  onWritable(callback: () => void): void;
  /** Ends the session once what was sent has gone out. */
  close(): void;
  /** Ends the session at once, whether or not the server can be reached. */
  abort(): void;
}
