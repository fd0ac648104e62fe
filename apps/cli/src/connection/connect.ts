import { createClient, type ClientOptions, type MayflyClient } from '@mayfly/client';
import type { CliContext } from '../context.ts';
import type { ClientFlags } from '../options/client-options.ts';
import { findServer } from './find-server.ts';

/** A client of the server that flags, environment or folder name. */
export function connect(
  flags: ClientFlags,
  { environment }: CliContext,
  options: Partial<ClientOptions> = {},
): MayflyClient {
  const { url, apiKey } = findServer(flags, environment);
  return createClient({ ...options, url, apiKey });
}
