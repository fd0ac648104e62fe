import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { printQueue } from './print-queue.ts';

const HELP = `
Examples:
  $ mayfly queues show default`;

/** `mayfly queues show`. */
export function defineShow(command: Command, context: CliContext): void {
  command.argument('<name>', 'name of the queue');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (name: string, flags: ClientFlags) => {
      printQueue(await connect(flags, context).queues.get(name), flags, context);
    });
}
