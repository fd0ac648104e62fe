import type { ActionCount, MayflyClient } from '@mayfly/client';
import type { Task, TaskSelection } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { eachOf } from '../../each-of.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { addFilterOptions, toFilter, type FilterFlags } from '../../options/filter-options.ts';

/** An action on one task, or on all that match a filter. */
export interface TaskAction {
  one: (client: MayflyClient, id: string) => Promise<Task>;
  many: (client: MayflyClient, selection: TaskSelection) => Promise<ActionCount>;
  /** What a person reads when it went well. */
  done: (task: Task) => string;
  /** The same of many: `12 tasks are cancelled`. */
  participle: string;
}

interface Flags extends ClientFlags, FilterFlags {
  all?: true;
}

/** Flags and behaviour that such commands share. */
export function defineTaskAction(command: Command, context: CliContext, action: TaskAction): void {
  command.argument('[id...]', 'ids of tasks; or choose them with the flags below');
  addFilterOptions(command).option('--all', 'every task that this can be done to');
  addClientOptions(command).action(async (ids: string[], flags: Flags) => {
    const filter = toFilter(flags) ?? (flags.all ? {} : undefined);
    if (ids.length > 0 === (filter !== undefined)) {
      command.error('error: Give ids, or flags that choose tasks, or --all.');
    }
    const client = connect(flags, context);
    if (filter === undefined) {
      const { one, done } = action;
      const each = {
        act: (id: string) => one(client, id),
        done: (_: string, task: Task) => done(task),
      };
      await eachOf(ids, each, flags, context);
      return;
    }
    const count = await actOnAll((selection) => action.many(client, selection), { filter });
    if (flags.json) context.terminal.printJson(count);
    else context.terminal.print(`${count.changed} tasks are ${action.participle}`);
  });
}

/** One call handles a bounded number. */
async function actOnAll(
  act: (selection: TaskSelection) => Promise<ActionCount>,
  selection: TaskSelection,
): Promise<Omit<ActionCount, 'more'>> {
  const total = { matched: 0, changed: 0 };
  for (;;) {
    const { matched, changed, more } = await act(selection);
    total.matched += matched;
    total.changed += changed;
    // What was not changed would match for ever.
    if (!more || changed === 0) return total;
  }
}
