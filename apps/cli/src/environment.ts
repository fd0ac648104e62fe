import {
  parseFaults,
  steppingClock,
  systemClock,
  type Clock,
  type Faults,
} from '@mayfly/contracts';

/** What this program takes from its environment, read once at the start. */
export interface Environment {
  /** `MAYFLY_SERVER`. */
  server: string | undefined;
  /** `MAYFLY_API_KEY`. */
  apiKey: string | undefined;
  /** `MAYFLY_FAULTS`: what tests make go wrong; undefined in production. */
  faults: Faults | undefined;
  /** Of servers and workers; that of the system, unless a test has it step. */
  clock: Clock;
  /** `MAYFLY_WEBHOOK_SECRET`. */
  webhookSecret: string | undefined;
  /** What handlers in processes of their own inherit: all of it, but the secrets. */
  forHandlers: Record<string, string>;
}

/** Empty variables count as absent. */
export function readEnvironment(): Environment {
  // oxlint-disable-next-line no-restricted-properties -- the one place that may
  const variables = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  // gRPC writes to stderr by itself, unless it is told otherwise before it is loaded.
  // oxlint-disable-next-line no-restricted-properties -- the one place that may
  process.env['GRPC_VERBOSITY'] ??= 'NONE';
  const { MAYFLY_SERVER, MAYFLY_API_KEY, MAYFLY_FAULTS, MAYFLY_WEBHOOK_SECRET, ...forHandlers } =
    Object.fromEntries(variables);
  const faults = parseFaults(MAYFLY_FAULTS);
  return {
    server: MAYFLY_SERVER,
    apiKey: MAYFLY_API_KEY,
    faults,
    clock: faults?.wallSteps ? steppingClock(systemClock) : systemClock,
    webhookSecret: MAYFLY_WEBHOOK_SECRET,
    forHandlers,
  };
}
