import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { eachOf } from '../../each-of.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';

/** `mayfly queues pause`. */
export function definePause(command: Command, context: CliContext): void {
  command.argument('<name...>', 'names of queues');
  addClientOptions(command).action(async (names: string[], flags: ClientFlags) => {
    const { queues } = connect(flags, context);
    const action = {
      act: (name: string) => queues.pause(name),
      done: (name: string) => `${name} is paused`,
    };
    await eachOf(names, action, flags, context);
  });
}
