import { Option } from 'commander';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The flag `--log-level`. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'what to log to stderr')
    .choices(LOG_LEVELS)
    .default('warn');
}
