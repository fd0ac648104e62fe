import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { printTable } from '../../output/table.ts';
import { showMs } from '../../output/times.ts';
import { showRate } from '../../output/show-rate.ts';
import { limitsOf } from './limits-of.ts';

const HELP = `
Examples:
  $ mayfly queues ls
  $ mayfly queues ls --json | jq '.items[] | select(.paused)'`;

/** `mayfly queues ls`. */
export function defineLs(command: Command, context: CliContext): void {
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ClientFlags) => {
      const { terminal } = context;
      const items = await connect(flags, context).queues.list();
      if (flags.json) {
        terminal.printJson({ items });
        return;
      }
      printTable(terminal, items, [
        { title: 'QUEUE', value: (queue) => queue.name },
        { title: 'STATE', value: (queue) => (queue.paused ? 'paused' : 'open') },
        { title: 'PENDING', value: (queue) => String(queue.pending), alignRight: true },
        { title: 'RUNNING', value: (queue) => String(queue.running), alignRight: true },
        { title: 'IN/S', value: ({ rates }) => showRate(rates?.submitted), alignRight: true },
        { title: 'OUT/S', value: ({ rates }) => showRate(rates?.finished), alignRight: true },
        { title: 'OLDEST', value: (queue) => showMs(queue.oldestWaitMs), alignRight: true },
        { title: 'LIMITS', value: limitsOf, flexible: true },
      ]);
    });
}
