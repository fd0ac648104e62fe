import { systemClock } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { printTable } from '../output/table.ts';
import { ago } from '../output/times.ts';

interface Flags extends ClientFlags {
  drain?: string;
}

const HELP = `
Examples:
  $ mayfly workers
  $ mayfly workers --drain 01900000-0000-7000-8000-000000000001`;

/** `mayfly workers`. */
export function defineWorkers(command: Command, context: CliContext): void {
  addClientOptions(command)
    .option('--drain <id>', 'ask a worker to finish what it has and to end')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const { terminal } = context;
      const mayfly = connect(flags, context);
      if (flags.drain !== undefined) {
        await mayfly.drainWorker(flags.drain);
        terminal.note('It takes nothing more, and ends when its tasks have.');
        return;
      }
      const items = await mayfly.workers();
      if (flags.json) {
        terminal.printJson({ items });
        return;
      }
      const now = systemClock.now();
      printTable(terminal, items, [
        { title: 'ID', value: (worker) => worker.id, expendable: 3 },
        { title: 'NAME', value: (worker) => worker.name },
        { title: 'STATE', value: (worker) => worker.state },
        {
          title: 'LOAD',
          value: ({ running, stuck, concurrency }) =>
            `${running}/${concurrency}${stuck > 0 ? `, ${stuck} stuck` : ''}`,
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
