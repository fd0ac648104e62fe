import { isFinal } from '@mayfly/contracts';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { defineTaskAction } from './act-on-tasks.ts';

const HELP = `
A task that runs is told to stop; \`mayfly tasks watch ID\` shows when it is dead.

Examples:
  $ mayfly tasks cancel 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f
  $ mayfly tasks cancel --queue night --status pending
  $ mayfly tasks cancel --all`;

/** `mayfly tasks cancel`. */
export function defineCancel(command: Command, context: CliContext): void {
  command.addHelpText('after', HELP);
  defineTaskAction(command, context, {
    one: (client, id) => client.cancel(id),
    many: (client, selection) => client.cancelMany(selection),
    done: ({ id, status }) => `${id} ${isFinal(status) ? `is ${status}` : 'is told to stop'}`,
    participle: 'cancelled, or told to stop',
  });
}
