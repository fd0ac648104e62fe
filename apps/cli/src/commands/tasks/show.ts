import { systemClock } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { printTask } from '../../output/print-task.ts';

const HELP = `
Shows its params, lifetimes and result, and every attempt with how and when it was stopped.

Examples:
  $ mayfly tasks show 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f
  $ mayfly tasks show 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f --json | jq .attempts`;

/** `mayfly tasks show`. */
export function defineShow(command: Command, context: CliContext): void {
  command.argument('<id>', 'id of the task');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string, flags: ClientFlags) => {
      const { terminal } = context;
      const client = connect(flags, context);
      const [task, attempts] = await Promise.all([client.get(id), client.attempts(id)]);
      if (flags.json) terminal.printJson({ ...task, attempts });
      else printTask(terminal, task, attempts, systemClock.now());
    });
}
