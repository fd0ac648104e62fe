import { createClient } from '@mayfly/client';
import { MayflyError } from '@mayfly/contracts';
import { createGrpcSource } from './grpc-source.ts';
import type { TaskSource } from './task-source.ts';

export interface ServerAddress {
  /** Address of HTTP, such as `http://127.0.0.1:2424`; gRPC is on the same host. */
  url: string;
  /** A key with the claim `worker`. */
  apiKey: string | undefined;
}

/**
 * The gRPC source of a server. It asks the server for its gRPC port each time it connects: one that
 * comes back may have another.
 *
 * @throws MayflyError when the server is there and refuses the key
 */
export async function openServerSource({ url, apiKey }: ServerAddress): Promise<TaskSource> {
  // The worker waits between its tries by itself.
  const client = createClient({ url, apiKey, retries: 0 });
  await client.info().catch((error: unknown) => {
    if (MayflyError.from(error).status !== 503) throw error;
  });
  return {
    async open(hello, listener) {
      const { grpcPort } = await client.info();
      if (grpcPort === null) {
        const detail = `The server at ${url} takes no workers over gRPC. Name another server.`;
        throw new MayflyError('worker.rejected', detail);
      }
      const address = `${new URL(url).hostname}:${grpcPort}`;
      return createGrpcSource({ address, apiKey: apiKey ?? '' }).open(hello, listener);
    },
  };
}
