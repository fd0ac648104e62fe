import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { MayflyError } from '@mayfly/contracts';
import { workerServiceDefinition } from './worker-service.ts';

const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

export interface GrpcServer {
  port: number;
  /** Ends the streams after what is under way. */
  close(): void;
}

/** @throws MayflyError `server.cannot_start` when the address cannot be used */
export async function listenGrpc(
  workerService: UntypedServiceImplementation,
  { host, port }: { host: string; port: number },
): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    // Workers ping; a connection that stays silent is dead.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.max_concurrent_streams': 10_000,
  });
  server.addService(workerServiceDefinition, workerService);
  const bound = await new Promise<number>((resolve, reject) => {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, actual) => {
      if (error) reject(cannotBind(address, error));
      else resolve(actual);
    });
  });
  return { port: bound, close: () => server.forceShutdown() };
}

function cannotBind(address: string, cause: Error): MayflyError {
  return new MayflyError(
    'server.cannot_start',
    `gRPC cannot listen on ${address} (${cause.message}). Stop what uses it or choose another with --grpc-port.`,
    { cause },
  );
}
