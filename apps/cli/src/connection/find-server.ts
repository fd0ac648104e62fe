import type { Environment } from '../environment.ts';
import type { ClientFlags } from '../options/client-options.ts';
import { readConnection } from './connection-file.ts';

const DEFAULT_URL = 'http://127.0.0.1:2424';
/** Where `mayfly dev` keeps its data unless it is told otherwise. */
export const DATA_DIR = './.mayfly';

/** The server that a command talks to. */
export interface FoundServer {
  url: string;
  apiKey: string | undefined;
  /** True: somebody said so, or a server has left its address here. */
  isKnown: boolean;
}

/** Flags first, then the environment, then the `mayfly dev` of this folder. */
export function findServer(flags: ClientFlags, environment: Environment): FoundServer {
  const here = readConnection(DATA_DIR);
  const asked = flags.server ?? environment.server;
  const url = asked ?? here?.url ?? DEFAULT_URL;
  // The key of one server is nothing for another to see.
  const ownKey = here?.url === url.replace(/\/+$/, '') ? here.apiKey : undefined;
  const apiKey = flags.apiKey ?? environment.apiKey ?? ownKey;
  return { url, apiKey, isKnown: asked !== undefined || here !== null };
}
