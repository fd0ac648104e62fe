import type { RawServerConfig } from '@mayfly/server';
import type { Command } from 'commander';
import type { Environment } from '../environment.ts';
import { byteSize, durationMs } from '../options/parsers.ts';
import { logLevelOption, type LogLevel } from './log-level.ts';

/** Flags of the commands that start a server. */
export interface ServerFlags {
  port?: string;
  grpcPort?: string;
  host?: string;
  data: string;
  database?: string;
  ttlMax?: number;
  retention?: number;
  maxBody?: number;
  allowPrivateWebhooks?: true;
  logLevel: LogLevel;
  json?: boolean;
}

/** Adds the flags of `ServerFlags`. */
export function addServerOptions(command: Command): Command {
  return command
    .optionsGroup('Server:')
    .option('--port <port>', 'for HTTP; 0 takes any free one (default: 2424)')
    .option('--grpc-port <port>', 'for workers (default: the one after --port)')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--data <dir>', 'folder for the data', './.mayfly')
    .option(
      '--database <url>',
      'postgres://… for a server of your own, or memory: for a throw-away one (default: embedded)',
    )
    .option('--ttl-max <duration>', 'longest TTL that is accepted (default: 24h)', durationMs)
    .option('--retention <duration>', 'how long finished tasks are kept (default: 30d)', durationMs)
    .option('--max-body <size>', 'largest body that is accepted (default: 4m)', byteSize)
    .option('--allow-private-webhooks', 'let webhooks reach private addresses')
    .optionsGroup('Output:')
    .addOption(logLevelOption())
    .option('--json', 'print what a program needs to know, once it is ready');
}

/** The settings as the server takes them; it checks them. */
export function toRawConfig(
  flags: ServerFlags,
  { apiKey, webhookSecret }: Pick<Environment, 'apiKey' | 'webhookSecret'>,
): RawServerConfig {
  return {
    host: flags.host,
    port: flags.port,
    grpcPort: flags.grpcPort,
    database: flags.database,
    dataDir: flags.data,
    apiKey,
    ttlMaxMs: flags.ttlMax,
    retentionMs: flags.retention,
    maxBodyBytes: flags.maxBody?.toString(),
    webhookSecret,
    allowPrivateWebhooks: flags.allowPrivateWebhooks,
  };
}

/** True: nothing of the data outlives the server. */
export function isThrowAway(flags: Pick<ServerFlags, 'database'>): boolean {
  return flags.database === 'memory:';
}
