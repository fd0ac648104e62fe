import type { Command } from 'commander';

/** Flags of every command that talks to a server. */
export interface ClientFlags {
  server?: string;
  apiKey?: string;
  json?: boolean;
}

/** Adds the flags of `ClientFlags`. */
export function addClientOptions(command: Command): Command {
  return command
    .optionsGroup('Server:')
    .option('--server <url>', 'address of the server (MAYFLY_SERVER)')
    .option('--api-key <key>', 'API key; safer as MAYFLY_API_KEY')
    .optionsGroup('Output:')
    .option('--json', 'print JSON, for programs');
}
