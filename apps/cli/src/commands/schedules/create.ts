import {
  CATCH_UPS,
  OVERLAPS,
  type CatchUp,
  type JsonValue,
  type Overlap,
  type ScheduleCreation,
} from '@mayfly/contracts';
import { Option, type Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { durationMs, jsonValue, pairs, wholeNumber } from '../../options/parsers.ts';

interface Flags extends ClientFlags {
  cron?: string;
  timeZone?: string;
  every?: number;
  catchUp?: CatchUp;
  overlap?: Overlap;
  paused?: true;
  params?: JsonValue;
  ttl?: number;
  queue?: string;
  priority?: number;
  label?: Record<string, string>;
  retries?: number;
}

const DEFAULT_TTL_MS = 60_000;

const HELP = `
Prints the id of the schedule. Its task is checked now, as a submission is.

Examples:
  $ mayfly schedules create nightly http.request --cron "0 3 * * 1-5" --time-zone Europe/Berlin \\
      --params '{"url":"https://example.com/clean-up"}' --ttl 5m
  $ mayfly schedules create beat sleep --every 30s --params '{"ms":10}' --overlap cancel-running`;

/** `mayfly schedules create`. */
export function defineCreate(command: Command, context: CliContext): void {
  command
    .argument('<name>', 'what you call it')
    .argument('<type>', 'task type, as `mayfly types` lists them')
    .optionsGroup('When:')
    .option('--cron <expression>', 'five fields, or six with seconds first')
    .option('--time-zone <name>', 'of the expression, such as Europe/Berlin (default: UTC)')
    .option('--every <duration>', 'an interval instead', durationMs)
    .addOption(new Option('--catch-up <policy>', 'what was missed').choices([...CATCH_UPS]))
    .addOption(
      new Option('--overlap <policy>', 'while an earlier task has not ended').choices([
        ...OVERLAPS,
      ]),
    )
    .option('--paused', 'do not fire until it is resumed')
    .optionsGroup('Task:')
    .option('--params <json>', 'input of the task: JSON, @file, or - for stdin', jsonValue)
    .option('--ttl <duration>', 'longest run time of one attempt (default: 1m)', durationMs)
    .option('--queue <queue>', 'where it waits (default: default)')
    .option('--priority <n>', 'higher runs first within a queue', wholeNumber)
    .option('--label <name=value>', 'to find its tasks by; may be given several times', pairs)
    .option('--retries <n>', 'run it again so often when it fails or expires', wholeNumber);
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (name: string, type: string, flags: Flags) => {
      const { schedules } = connect(flags, context);
      const schedule = await schedules.create(toCreation(name, type, flags));
      if (flags.json) context.terminal.printJson(schedule);
      else context.terminal.print(schedule.id);
    });
}

/** What was not given is left out, so that the server's defaults hold. */
function toCreation(name: string, type: string, flags: Flags): ScheduleCreation {
  const { cron, timeZone, every, catchUp, overlap, paused, params, queue, priority } = flags;
  const retry = flags.retries === undefined ? undefined : { maxAttempts: flags.retries + 1 };
  const task = { params, queue, priority, labels: flags.label, retry };
  return {
    name,
    ...given({ cron, timeZone, everyMs: every, catchUp, overlap, paused }),
    task: { type, ttlMs: flags.ttl ?? DEFAULT_TTL_MS, ...given(task) },
  };
}

function given<Fields extends object>(fields: Fields): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
