import type { Command } from 'commander';
import type { Environment } from './environment.ts';
import type { Terminal } from './output/terminal.ts';

/** What commands stand on. */
export interface CliContext {
  environment: Environment;
  terminal: Terminal;
  /** Every command with all its options; a command that describes the others asks for it. */
  loadAllCommands: () => Promise<Command>;
}
