import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { oneLine } from '../../output/printable.ts';

const HELP = `
Names everything that holds a waiting task: its time, the pause and limits of its queue, workers that are
missing or have no room. With --json every reason has a code.

Examples:
  $ mayfly tasks explain 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f`;

/** `mayfly tasks explain`. */
export function defineExplain(command: Command, context: CliContext): void {
  command.argument('<id>', 'id of the task');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string, flags: ClientFlags) => {
      const { terminal } = context;
      const explanation = await connect(flags, context).explain(id);
      if (flags.json) {
        terminal.printJson(explanation);
        return;
      }
      for (const { code, message } of explanation.reasons) {
        terminal.print(`${oneLine(message)} ${terminal.style('dim', code)}`);
      }
    });
}
