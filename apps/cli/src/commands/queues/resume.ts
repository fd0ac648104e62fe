import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { eachOf } from '../../each-of.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';

/** `mayfly queues resume`. */
export function defineResume(command: Command, context: CliContext): void {
  command.argument('<name...>', 'names of queues');
  addClientOptions(command).action(async (names: string[], flags: ClientFlags) => {
    const { queues } = connect(flags, context);
    const action = {
      act: (name: string) => queues.resume(name),
      done: (name: string) => `${name} is open`,
    };
    await eachOf(names, action, flags, context);
  });
}
