import type { Command } from 'commander';
import type { CliContext } from './context.ts';

type Define = (command: Command, context: CliContext) => void;

/** A command whose module is loaded only when it is needed. */
export interface LazyCommand {
  name: string;
  summary: string;
  /** Heading under which the help lists it. */
  group?: string;
  load: (() => Promise<Define>) | LazyCommand[];
}

/**
 * Adds commands below `parent`. Those that are not named in `words` are known by name and summary
 * alone, which is enough for help and suggestions; a module that is loaded in vain does no harm.
 */
export async function addCommands(
  parent: Command,
  commands: readonly LazyCommand[],
  { words, context }: { words: ReadonlySet<string> | 'all'; context: CliContext },
): Promise<void> {
  for (const { name, summary, group, load } of commands) {
    const command = parent.command(name).summary(summary).description(summary);
    if (group !== undefined) command.helpGroup(group);
    if (words !== 'all' && !words.has(name)) continue;
    if (Array.isArray(load)) await addCommands(command, load, { words, context });
    else (await load())(command, context);
  }
}
