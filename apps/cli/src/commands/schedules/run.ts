import type { Task } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { eachOf } from '../../each-of.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';

/** `mayfly schedules run`. */
export function defineRun(command: Command, context: CliContext): void {
  command.argument('<id...>', 'ids as `mayfly schedules ls` shows them');
  addClientOptions(command).action(async (ids: string[], flags: ClientFlags) => {
    const { schedules } = connect(flags, context);
    const action = {
      act: (id: string) => schedules.run(id),
      done: (_id: string, task: Task) => task.id,
    };
    await eachOf(ids, action, flags, context);
  });
}
