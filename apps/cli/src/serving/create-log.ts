import type { Log } from '@mayfly/contracts';
import { pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './log-level.ts';

const STDERR = 2;

/** Fields whose values are secrets, should one ever get into a log line. */
const SECRETS = ['apiKey', '*.apiKey', 'headers["x-apikey"]', 'headers.authorization'];

/** Logs to stderr: for a person on a terminal, else as lines of JSON. */
export function createLog(level: LogLevel, name: string): Log {
  const options = {
    name,
    level,
    serializers: { error: stdSerializers.err },
    redact: { paths: SECRETS, censor: '[secret]' },
  };
  return process.stderr.isTTY
    ? pino(options, pretty({ destination: STDERR, sync: true, ignore: 'pid,hostname,name' }))
    : pino(options, pino.destination({ dest: STDERR, sync: true }));
}
