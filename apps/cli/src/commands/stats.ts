import { TASK_STATUSES } from '@mayfly/contracts';
import type { Stats } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { showRate } from '../output/show-rate.ts';
import { paintStatus } from '../output/status-color.ts';
import { printTable } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

const HELP = `
Examples:
  $ mayfly stats
  $ mayfly stats --json`;

/** `mayfly stats`. */
export function defineStats(command: Command, context: CliContext): void {
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ClientFlags) => {
      const { terminal } = context;
      const stats = await connect(flags, context).stats();
      if (flags.json) terminal.printJson(stats);
      else show(terminal, stats);
    });
}

function show(terminal: Terminal, { tasks, days, rates, waiting, workers }: Stats): void {
  const rows = TASK_STATUSES.map((status) => ({ status, count: tasks[status] }));
  printTable(terminal, rows, [
    {
      title: 'TASKS',
      value: (row) => row.status,
      paint: (text, row) => paintStatus(terminal, row.status, text),
    },
    { title: 'COUNT', value: (row) => String(row.count), alignRight: true },
  ]);
  terminal.print(`\n${tasks.submitted} submitted; ended ones are those of the last ${days} days.`);
  if (rates) {
    terminal.print(
      `A second: ${showRate(rates.submitted)} submitted, ${showRate(rates.started)} started, ${showRate(rates.finished)} finished.`,
    );
  }
  terminal.print(
    `${workers.online} workers are online and run ${workers.running} of at most ${workers.concurrency} tasks.`,
  );
  if (waiting.length === 0) return;
  terminal.print('');
  printTable(terminal, waiting, [
    { title: 'QUEUE', value: (lane) => lane.queue },
    { title: 'TYPE', value: (lane) => lane.type },
    { title: 'PENDING', value: (lane) => String(lane.pending), alignRight: true },
  ]);
}
