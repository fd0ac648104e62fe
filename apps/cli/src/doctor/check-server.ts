import { createClient } from '@mayfly/client';
import { MayflyError } from '@mayfly/contracts';
import { findServer } from '../connection/find-server.ts';
import type { Environment } from '../environment.ts';
import type { ClientFlags } from '../options/client-options.ts';
import { ok, type Check } from './check.ts';

const NAME = 'Server';

/** Whether commands reach the server that they would talk to, and with a key that works. */
export async function checkServer(flags: ClientFlags, environment: Environment): Promise<Check> {
  const { url, apiKey, isKnown } = findServer(flags, environment);
  try {
    const client = createClient({ url, apiKey, retries: 0 });
    await client.health();
    const { version } = await client.info();
    return ok(NAME, `${url} runs Mayfly ${version} and takes the key`);
  } catch (error) {
    const { message, status } = MayflyError.from(error);
    if (status === 503 && !isKnown) {
      const remedy = 'Start one with `mayfly dev`, or name one with --server or MAYFLY_SERVER.';
      return { name: NAME, state: 'missing', detail: `none runs at ${url}`, remedy };
    }
    if (status === 401 && !isKnown) {
      const remedy = 'Name its key with MAYFLY_API_KEY, or start your own with `mayfly dev`.';
      return { name: NAME, state: 'missing', detail: `${url} is of somebody else`, remedy };
    }
    return { name: NAME, state: 'broken', detail: `${url}: ${message}`, remedy: null };
  }
}
