import { LIMITS, systemClock, type Task } from '@mayfly/contracts';
import type { MayflyClient } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { addFilterOptions, toFilter, type FilterFlags } from '../../options/filter-options.ts';
import { positiveNumber } from '../../options/parsers.ts';
import { printTaskTable } from '../../output/task-table.ts';

interface Flags extends ClientFlags, FilterFlags {
  limit: number;
  cursor?: string;
  all?: true;
}

const HELP = `
With --json it prints one page; with --all --json one task a line.

Examples:
  $ mayfly tasks ls
  $ mayfly tasks ls --status failed,expired --created-after 2h
  $ mayfly tasks ls --label customer=42 --all --json | jq .id`;

/** `mayfly tasks ls`. */
export function defineLs(command: Command, context: CliContext): void {
  addFilterOptions(command)
    .optionsGroup('How many:')
    .option('--limit <n>', 'at most so many', positiveNumber, LIMITS.pageItemsDefault)
    .option('--cursor <cursor>', 'go on after a page: its nextCursor')
    .option('--all', 'all that match');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const client = connect(flags, context);
      if (flags.all) await listAll(client, flags, context);
      else await listPage(client, flags, context);
    });
}

async function listPage(
  client: MayflyClient,
  flags: Flags,
  { terminal }: CliContext,
): Promise<void> {
  const { limit, cursor, json } = flags;
  const page = await client.list({ ...toFilter(flags), limit, cursor });
  if (json) {
    terminal.printJson(page);
    return;
  }
  printTaskTable(terminal, page.items, systemClock.now());
  if (page.nextCursor !== null) {
    terminal.note(`There are more: --all, or --cursor ${page.nextCursor}.`);
  }
}

async function listAll(
  client: MayflyClient,
  flags: Flags,
  { terminal }: CliContext,
): Promise<void> {
  const query = { ...toFilter(flags), limit: LIMITS.pageItemsMax };
  const tasks: Task[] = [];
  for await (const task of client.listAll(query)) {
    if (flags.json) terminal.printJsonLine(task);
    else tasks.push(task);
  }
  if (!flags.json) printTaskTable(terminal, tasks, systemClock.now());
}
