import { isFinal, type TaskEvent } from '@mayfly/contracts';
import type { MayflyClient } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { paintStatus } from '../../output/status-color.ts';
import type { Terminal } from '../../output/terminal.ts';
import { watchProgress } from '../../output/watch-progress.ts';

interface Flags extends ClientFlags {
  type?: string;
  queue?: string;
}

const HELP = `
With an id it ends when the task has finished. Without one it shows every change, until Ctrl-C.
With --json it prints one change a line.

Examples:
  $ mayfly tasks watch 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f
  $ mayfly tasks watch --queue night`;

/** `mayfly tasks watch`. */
export function defineWatch(command: Command, context: CliContext): void {
  command
    .argument('[id]', 'id of a task; all tasks when left out')
    .option('--type <type>', 'only tasks of this type')
    .option('--queue <queue>', 'only tasks in this queue');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, flags: Flags) => {
      const client = connect(flags, context);
      if (id === undefined) await watchAll(client, flags, context);
      else await watchOne(client, id, flags, context);
    });
}

async function watchOne(
  client: MayflyClient,
  id: string,
  { json }: Flags,
  { terminal }: CliContext,
): Promise<void> {
  if (!json) {
    await watchProgress(client, id, terminal);
    return;
  }
  for await (const event of client.followOutput(id)) {
    if (event.kind !== 'output') terminal.printJsonLine({ id, ...event });
  }
}

async function watchAll(
  client: MayflyClient,
  { type, queue, json }: Flags,
  { terminal }: CliContext,
): Promise<void> {
  for await (const event of client.watch({ type, queue })) {
    if (event.kind === 'task') {
      if (json) terminal.printJsonLine(event.task);
      else terminal.print(lineOf(terminal, event.task));
    } else if (json) {
      terminal.printJsonLine({ missed: event.count });
    } else {
      terminal.note(`${event.count ?? 'Some'} changes were not seen; see \`mayfly tasks ls\`.`);
    }
  }
}

function lineOf(terminal: Terminal, event: TaskEvent): string {
  const { at, id, status, type, queue, attempt, progress } = event;
  const painted = paintStatus(terminal, status, status.padEnd(STATUS_CHARS));
  const percent = progress === null || isFinal(status) ? '' : ` ${Math.round(progress)}%`;
  const time = at.slice(at.indexOf('T') + 1, -1);
  return `${time}  ${id}  ${painted}  ${type} in ${queue}, attempt ${attempt}${percent}`;
}

const STATUS_CHARS = 'completed'.length;
