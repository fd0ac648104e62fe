import { systemClock } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { printTable } from '../output/table.ts';
import { ago } from '../output/times.ts';

const HELP = `
Examples:
  $ mayfly workers`;

/** `mayfly workers`. */
export function defineWorkers(command: Command, context: CliContext): void {
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ClientFlags) => {
      const { terminal } = context;
      const items = await connect(flags, context).workers();
      if (flags.json) {
        terminal.printJson({ items });
        return;
      }
      const now = systemClock.now();
      printTable(terminal, items, [
        { title: 'NAME', value: (worker) => worker.name },
        { title: 'STATE', value: (worker) => worker.state },
        {
          title: 'LOAD',
          value: (worker) => `${worker.running}/${worker.concurrency}`,
          alignRight: true,
        },
        { title: 'HOST', value: (worker) => worker.host, expendable: 1 },
        {
          title: 'PID',
          value: (worker) => String(worker.pid),
          alignRight: true,
          expendable: 2,
        },
        { title: 'SINCE', value: (worker) => ago(worker.registeredAt, now) },
        { title: 'QUEUES', value: (worker) => worker.queues.join(', ') || 'all', flexible: true },
        {
          title: 'RUNTIMES',
          value: (worker) => worker.runtimes.map((runtime) => runtime.name).join(', '),
          flexible: true,
        },
      ]);
    });
}
