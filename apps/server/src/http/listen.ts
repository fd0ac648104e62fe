import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { cannotStart } from '../config.ts';

/**
 * @returns the port that was taken
 * @throws MayflyError `server.cannot_start`
 */
export async function listenHttp(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw cannotStart(explain(error as NodeJS.ErrnoException, host, port), error);
  }
  return (app.server.address() as AddressInfo).port;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Stop what uses it, or choose another with --port.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user. Choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Choose another with --host.`;
    default:
      return `HTTP cannot listen on ${host}:${port} (${error.message}).`;
  }
}
