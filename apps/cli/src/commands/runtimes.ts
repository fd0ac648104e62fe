import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { printTable } from '../output/table.ts';

const HELP = `
Only what the workers that are online have found working. \`mayfly doctor\` tells what this machine
lacks for more.

Examples:
  $ mayfly runtimes`;

/** `mayfly runtimes`. */
export function defineRuntimes(command: Command, context: CliContext): void {
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ClientFlags) => {
      const { terminal } = context;
      const items = await connect(flags, context).runtimes();
      if (flags.json) {
        terminal.printJson({ items });
        return;
      }
      if (items.length === 0) terminal.note('No worker that is online can run code.');
      else {
        printTable(terminal, items, [
          { title: 'RUNTIME', value: (runtime) => runtime.name },
          { title: 'LANGUAGE', value: (runtime) => runtime.language },
          { title: 'VERSION', value: (runtime) => runtime.version },
          { title: 'COMPILED', value: (runtime) => (runtime.compiled ? 'yes' : 'no') },
          { title: 'ALSO CALLED', value: (runtime) => runtime.aliases.join(', '), flexible: true },
        ]);
      }
    });
}
