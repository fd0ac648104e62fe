import { LIMITS, MayflyError } from '@mayfly/contracts';
import { DEFAULT_LIFETIMES, type Lifetimes } from '@mayfly/core';

/** Where the data lives. */
export type DatabaseChoice =
  | { kind: 'embedded'; dataDir: string }
  /** A throw-away embedded server. */
  | { kind: 'memory' }
  | { kind: 'url'; url: string };

/** Settings as they come from flags and environment. Undefined: the default. */
export interface RawServerConfig {
  host?: string | undefined;
  port?: string | undefined;
  grpcPort?: string | undefined;
  database?: string | undefined;
  dataDir?: string | undefined;
  apiKey?: string | undefined;
  ttlMaxMs?: number | undefined;
  retentionMs?: number | undefined;
  maxBodyBytes?: string | undefined;
  webhookSecret?: string | undefined;
  allowPrivateWebhooks?: boolean | undefined;
}

/** Complete and checked; nothing further in looks at flags or the environment. */
export interface ServerConfig {
  host: string;
  /** 0: any free port. */
  port: number;
  grpcPort: number;
  database: DatabaseChoice;
  /** A key with the claim `admin` that is to work; null to make one where there is none. */
  apiKey: string | null;
  ttlMsMax: number;
  /** How long finished tasks are kept whose queue does not say. */
  retentionMs: number;
  bodyBytesMax: number;
  /** Null: tasks with webhooks are refused. */
  webhooks: WebhookConfig | null;
  lifetimes: Lifetimes;
}

export interface WebhookConfig {
  secret: string;
  /** True lets webhooks reach addresses of the server's own network. */
  allowPrivateAddresses: boolean;
}

export const DEFAULT_PORT = 2424;
export const DEFAULT_DATA_DIR = './.mayfly';
const API_KEY_CHARS_MIN = 8;
const WEBHOOK_SECRET_CHARS_MIN = 24;

/** @throws MayflyError `server.cannot_start` that names the flag and what it takes */
export function resolveServerConfig(raw: RawServerConfig): ServerConfig {
  const port = wholeNumber('--port', raw.port, { min: 0, max: 65_535 }) ?? DEFAULT_PORT;
  const beside = port === 0 || port === 65_535 ? 0 : port + 1;
  return {
    host: raw.host ?? '127.0.0.1',
    port,
    grpcPort: wholeNumber('--grpc-port', raw.grpcPort, { min: 0, max: 65_535 }) ?? beside,
    database: databaseChoice(raw.database, raw.dataDir ?? DEFAULT_DATA_DIR),
    apiKey: apiKey(raw.apiKey),
    ttlMsMax: raw.ttlMaxMs ?? LIMITS.ttlMsMaxDefault,
    retentionMs: retention(raw.retentionMs),
    bodyBytesMax:
      wholeNumber('--max-body', raw.maxBodyBytes, { min: 1024, max: 1024 * 1024 * 1024 }) ??
      LIMITS.bodyBytesDefault,
    webhooks: webhooks(raw),
    lifetimes: DEFAULT_LIFETIMES,
  };
}

function databaseChoice(text: string | undefined, dataDir: string): DatabaseChoice {
  if (text === undefined || text === 'embedded') return { kind: 'embedded', dataDir };
  if (text === 'memory:') return { kind: 'memory' };
  if (/^postgres(ql)?:\/\//.test(text)) return { kind: 'url', url: text };
  throw cannotStart(
    `--database ${text} is not known. Give a postgres:// address, embedded, or memory: for a throw-away one.`,
  );
}

function apiKey(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  if (text.length >= API_KEY_CHARS_MIN && !/\s/.test(text)) return text;
  throw cannotStart(
    `MAYFLY_API_KEY must have at least ${API_KEY_CHARS_MIN} characters and no white space.`,
  );
}

function retention(ms: number | undefined): number {
  if (ms === undefined) return LIMITS.retentionMsDefault;
  if (ms >= LIMITS.retentionMsMin && ms <= LIMITS.retentionMsMax) return ms;
  throw cannotStart('--retention is not valid. Give a duration from 1d to 3650d.');
}

function webhooks({ webhookSecret, allowPrivateWebhooks }: RawServerConfig): WebhookConfig | null {
  if (webhookSecret === undefined || webhookSecret === '') return null;
  if (webhookSecret.length < WEBHOOK_SECRET_CHARS_MIN) {
    throw cannotStart(
      `MAYFLY_WEBHOOK_SECRET must have at least ${WEBHOOK_SECRET_CHARS_MIN} characters.`,
    );
  }
  return { secret: webhookSecret, allowPrivateAddresses: allowPrivateWebhooks ?? false };
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw cannotStart(`${flag} ${text} is not valid. Give a whole number from ${min} to ${max}.`);
}

export function cannotStart(detail: string, cause?: unknown): MayflyError {
  return new MayflyError('server.cannot_start', detail, { cause });
}
