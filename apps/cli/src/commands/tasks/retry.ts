import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { defineTaskAction } from './act-on-tasks.ts';

const HELP = `
By flags it chooses among those that failed, expired or were cancelled. Attempts are kept.

Examples:
  $ mayfly tasks retry 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f
  $ mayfly tasks retry --status expired --created-after 2h`;

/** `mayfly tasks retry`. */
export function defineRetry(command: Command, context: CliContext): void {
  command.addHelpText('after', HELP);
  defineTaskAction(command, context, {
    one: (client, id) => client.retry(id),
    many: (client, selection) => client.retryMany(selection),
    done: ({ id, status }) => `${id} is ${status} again`,
    participle: 'pending again',
  });
}
