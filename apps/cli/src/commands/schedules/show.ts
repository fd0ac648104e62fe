import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { positiveNumber } from '../../options/parsers.ts';
import { printSchedule } from '../../output/print-schedule.ts';

interface Flags extends ClientFlags {
  next?: number;
}

/** `mayfly schedules show`. */
export function defineShow(command: Command, context: CliContext): void {
  command
    .argument('<id>', 'id of the schedule')
    .option('--next <n>', 'so many of the next runs', positiveNumber);
  addClientOptions(command).action(async (id: string, flags: Flags) => {
    const options = flags.next === undefined ? {} : { nextRuns: flags.next };
    const schedule = await connect(flags, context).schedules.get(id, options);
    if (flags.json) context.terminal.printJson(schedule);
    else printSchedule(context.terminal, schedule);
  });
}
