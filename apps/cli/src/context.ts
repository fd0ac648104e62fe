import type { Environment } from './environment.ts';
import type { Terminal } from './output/terminal.ts';

/** What commands stand on. */
export interface CliContext {
  environment: Environment;
  terminal: Terminal;
}
