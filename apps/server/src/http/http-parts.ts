import type { Clock, Log } from '@mayfly/contracts';
import type { Core, Store } from '@mayfly/core';
import type { KeyService } from '../keys/key-service.ts';

/** What the routes stand on. */
export interface HttpParts {
  core: Core;
  store: Store;
  keys: KeyService;
  clock: Clock;
  log: Log;
  version: string;
  bodyBytesMax: number;
  /** Where workers reach gRPC; null on a server without it. */
  grpcPort: number | null;
  /** Aborts when the server ends, so that streams do not hold it up. */
  closing: AbortSignal;
}
