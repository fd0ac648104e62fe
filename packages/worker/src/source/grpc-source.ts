import { MayflyError, isErrorCode } from '@mayfly/contracts';
import {
  WorkerServiceClient,
  type Hello,
  type ServerFrame,
  type WorkerFrame,
  workerFrame,
} from '@mayfly/contracts/worker-protocol';
import {
  credentials,
  Metadata,
  status,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import type { SourceListener, SourceSession, TaskSource } from './task-source.ts';

/** Frames carry results; one result has its own, smaller bound. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

export interface GrpcSourceOptions {
  /** `HOST:PORT`. */
  address: string;
  apiKey: string;
}

/** The `stream` source: one bidirectional gRPC stream a session. */
export function createGrpcSource({ address, apiKey }: GrpcSourceOptions): TaskSource {
  return {
    open(hello, listener) {
      const client = new WorkerServiceClient(address, credentials.createInsecure(), {
        'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
        'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
        // A half-open connection is noticed by the lease too; this frees its socket.
        'grpc.keepalive_time_ms': 10_000,
        'grpc.keepalive_timeout_ms': 5_000,
        // The worker waits between tries by itself; two back-offs would add up.
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 500,
      });
      const metadata = new Metadata();
      metadata.set('x-apikey', apiKey);
      return openSession(client, client.session(metadata), hello, listener);
    },
  };
}

type Stream = ClientDuplexStream<WorkerFrame, ServerFrame>;

function openSession(
  client: WorkerServiceClient,
  stream: Stream,
  hello: Hello,
  listener: SourceListener,
): Promise<SourceSession> {
  return new Promise((resolve, reject) => {
    let opened = false;
    let over = false;
    const finish = (error: MayflyError | undefined): void => {
      if (over) return;
      over = true;
      client.close();
      if (opened) listener.onClosed(error);
      else reject(error ?? new MayflyError('server.unreachable', 'The server closed the stream.'));
    };
    stream.on('data', (frame: ServerFrame) => {
      if (over) return;
      if (!opened && frame.welcome) {
        opened = true;
        resolve(createSession(stream));
        // The holder of the session must know it before it gets its first frame.
        queueMicrotask(() => listener.onFrame(frame));
        return;
      }
      listener.onFrame(frame);
    });
    stream.on('error', (error) => finish(explain(error as ServiceError)));
    stream.on('end', () => finish(undefined));
    stream.write(workerFrame({ hello }));
  });
}

function createSession(stream: Stream): SourceSession {
  let writable = true;
  let onWritable: () => void = () => undefined;
  stream.on('drain', () => {
    writable = true;
    onWritable();
  });
  return {
    get writable() {
      return writable;
    },
    send(frame) {
      writable = stream.write(frame);
    },
    onWritable(callback) {
      onWritable = callback;
    },
    close() {
      stream.end();
    },
    abort() {
      stream.cancel();
    },
  };
}

/** The server puts the code of its error into the trailers. */
function explain(error: ServiceError): MayflyError {
  const [code] = error.metadata?.get('mayfly-code') ?? [];
  if (typeof code === 'string' && isErrorCode(code)) return new MayflyError(code, error.details);
  const hint =
    error.code === status.UNAVAILABLE
      ? 'The server cannot be reached over gRPC.'
      : `The stream to the server broke (${status[error.code]}).`;
  return new MayflyError('server.unreachable', `${hint} ${error.details}`, { cause: error });
}
