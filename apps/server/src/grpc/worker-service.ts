import { MayflyError, hasClaim, type Log } from '@mayfly/contracts';
import {
  WorkerServiceService,
  type ServerFrame,
  type WorkerFrame,
  type WorkerServiceServer,
} from '@mayfly/contracts/worker-protocol';
import type { Dispatcher, WorkerSession } from '@mayfly/core';
import {
  Metadata,
  status,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { KeyService } from '../keys/key-service.ts';
import { checkFrame } from './check-frame.ts';

interface Parts {
  dispatcher: Dispatcher;
  keys: KeyService;
  log: Log;
}

type Call = ServerDuplexStream<WorkerFrame, ServerFrame>;

export const workerServiceDefinition = WorkerServiceService;

/** `mayfly.v1.WorkerService`: one stream a worker. */
export function createWorkerService(parts: Parts): UntypedServiceImplementation {
  const service: WorkerServiceServer = { session: (call) => new WorkerCall(parts, call).start() };
  return { ...service };
}

class WorkerCall {
  readonly #parts: Parts;
  readonly #call: Call;
  /** Frames that came while the hello was being handled. */
  #early: WorkerFrame[] | undefined;
  #session: WorkerSession | undefined;
  #over = false;

  constructor(parts: Parts, call: Call) {
    this.#parts = parts;
    this.#call = call;
  }

  start(): void {
    this.#call.on('data', (frame: WorkerFrame) => this.#receive(frame));
    this.#call.on('end', () => {
      this.#leave();
      this.#call.end();
    });
    this.#call.on('cancelled', () => this.#leave());
    this.#call.on('error', () => this.#leave());
  }

  #receive(frame: WorkerFrame): void {
    if (this.#over) return;
    try {
      const checked = checkFrame(frame);
      if (this.#session) this.#parts.dispatcher.receive(this.#session, checked);
      else if (this.#early) this.#early.push(checked);
      else void this.#greet(checked);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #greet(frame: WorkerFrame): Promise<void> {
    this.#early = [];
    try {
      await this.#authorize();
      if (!frame.hello)
        throw new MayflyError('worker.rejected', 'The first frame must be a hello.');
      const session = await this.#parts.dispatcher.attach(frame.hello, {
        send: (answer) => void this.#call.write(answer),
        close: (reason) => this.#refuse(new MayflyError('server.unreachable', reason)),
      });
      if (this.#over) {
        this.#parts.dispatcher.detach(session);
        return;
      }
      this.#session = session;
      for (const early of this.#early.splice(0)) this.#parts.dispatcher.receive(session, early);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #authorize(): Promise<void> {
    const [key] = this.#call.metadata.get('x-apikey');
    const [bearer] = this.#call.metadata.get('authorization');
    const text = key ?? (typeof bearer === 'string' ? bearer.replace(/^Bearer /i, '') : undefined);
    const principal = await this.#parts.keys.authenticate(text?.toString());
    if (hasClaim(principal.claims, 'worker')) return;
    throw new MayflyError(
      'auth.missing_claim',
      'This API key lacks the claim worker. Use another key.',
    );
  }

  #refuse(error: unknown): void {
    if (this.#over) return;
    this.#leave();
    const known = MayflyError.from(error);
    if (known.code === 'internal.error') {
      this.#parts.log.error({ error }, 'a worker session failed');
    }
    const metadata = new Metadata();
    metadata.set('mayfly-code', known.code);
    // `error` on a server stream ends the call with this status.
    this.#call.emit('error', { code: grpcStatus(known), details: known.message, metadata });
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#session) this.#parts.dispatcher.detach(this.#session);
  }
}

function grpcStatus(error: MayflyError): status {
  switch (error.status) {
    case 401:
      return status.UNAUTHENTICATED;
    case 403:
      return status.PERMISSION_DENIED;
    case 409:
      return status.ABORTED;
    case 422:
      return status.INVALID_ARGUMENT;
    case 503:
      return status.UNAVAILABLE;
    default:
      return status.INTERNAL;
  }
}
