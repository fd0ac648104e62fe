import { TASK_STATUSES, type TaskFilter, type TaskStatus } from '@mayfly/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { list, pairs, pastTime } from './parsers.ts';

/** Flags that choose tasks. */
export interface FilterFlags {
  status?: TaskStatus[];
  type?: string;
  queue?: string;
  label?: Record<string, string>;
  createdAfter?: string;
  createdBefore?: string;
  q?: string;
}

/** Adds the flags of `FilterFlags`. */
export function addFilterOptions(command: Command): Command {
  return command
    .optionsGroup('Which tasks:')
    .option('--status <statuses>', `any of ${TASK_STATUSES.join(', ')}`, statuses)
    .option('--type <type>', 'of this type')
    .option('--queue <queue>', 'in this queue')
    .option('--label <name=value>', 'with this label; several must all match', pairs)
    .option('--created-after <time>', 'a time, or a duration ago such as 2h', pastTime)
    .option('--created-before <time>', 'a time, or a duration ago such as 2h', pastTime)
    .option('--q <text>', 'with this text in the description, or at the start of the id');
}

/** The filter for the server; undefined when no flag was given. */
export function toFilter(flags: FilterFlags): TaskFilter | undefined {
  const { status, type, queue, label, createdAfter, createdBefore, q } = flags;
  const labels = label && Object.entries(label).map(([name, value]) => `${name}:${value}`);
  const filter = { status, type, queue, label: labels, createdAfter, createdBefore, q };
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as TaskFilter);
}

function statuses(text: string, before: TaskStatus[] = []): TaskStatus[] {
  const names = list(text);
  const wrong = names.find((name) => !(TASK_STATUSES as readonly string[]).includes(name));
  if (wrong === undefined) return [...before, ...(names as TaskStatus[])];
  throw new InvalidArgumentError(`${wrong} is none of ${TASK_STATUSES.join(', ')}.`);
}
