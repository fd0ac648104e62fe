import { systemClock, type Schedule } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { timingOf } from '../../output/print-schedule.ts';
import { printTable } from '../../output/table.ts';
import { ago } from '../../output/times.ts';

/** `mayfly schedules ls`. */
export function defineLs(command: Command, context: CliContext): void {
  addClientOptions(command).action(async (flags: ClientFlags) => {
    const { terminal } = context;
    const items: Schedule[] = [];
    for await (const schedule of connect(flags, context).schedules.listAll()) items.push(schedule);
    if (flags.json) {
      terminal.printJson({ items });
      return;
    }
    const now = systemClock.now();
    printTable(terminal, items, [
      { title: 'ID', value: (schedule) => schedule.id },
      { title: 'NAME', value: (schedule) => schedule.name, flexible: true },
      { title: 'TYPE', value: (schedule) => schedule.task.type },
      { title: 'WHEN', value: timingOf },
      {
        title: 'NEXT',
        value: ({ paused, nextRuns }) => (paused ? 'paused' : ago(nextRuns[0] ?? null, now)),
      },
      {
        title: 'LAST',
        value: ({ lastRun }) =>
          lastRun === null ? '' : `${ago(lastRun.slotAt, now)}${lastRun.taskId ? '' : ', skipped'}`,
        expendable: 1,
      },
    ]);
  });
}
