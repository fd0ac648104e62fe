import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { printTable } from '../output/table.ts';

const HELP = `
With --json it prints the JSON Schema of the params, too.

Examples:
  $ mayfly types
  $ mayfly types --json`;

/** `mayfly types`. */
export function defineTypes(command: Command, context: CliContext): void {
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ClientFlags) => {
      const { terminal } = context;
      const items = await connect(flags, context).taskTypes();
      if (flags.json) {
        terminal.printJson({ items });
        return;
      }
      printTable(terminal, items, [
        { title: 'TYPE', value: (type) => type.name },
        { title: 'ISOLATION', value: (type) => type.isolation },
        { title: 'DESCRIPTION', value: (type) => type.description, flexible: true },
      ]);
    });
}
