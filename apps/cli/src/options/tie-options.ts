import {
  AFTER_POLICIES,
  FINAL_STATUSES,
  type AfterPolicy,
  type FinalStatus,
  type Submission,
} from '@mayfly/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { list } from './parsers.ts';

export interface TieFlags {
  after?: string[];
  afterPolicy?: AfterPolicy;
  webhook?: string;
  webhookOn?: FinalStatus[];
}

/** What a task waits for, and who is told of its end. */
export function addTieOptions(command: Command): Command {
  return command
    .option('--after <ids>', 'only when these tasks have ended', list)
    .addOption(
      new Option('--after-policy <policy>', 'when one of them does not complete').choices([
        ...AFTER_POLICIES,
      ]),
    )
    .option('--webhook <url>', 'gets a signed POST when it has ended')
    .option('--webhook-on <ends>', `only after these: ${FINAL_STATUSES.join(', ')}`, ends);
}

/** What was not given is left out. */
export function toTies(flags: TieFlags): Partial<Submission> {
  const { after, afterPolicy, webhook: url, webhookOn: events } = flags;
  return {
    ...(after ? { after } : {}),
    ...(afterPolicy ? { afterPolicy } : {}),
    // Without an address the server says that it is missing.
    ...(url !== undefined || events
      ? { webhook: { url: url ?? '', ...(events && { events }) } }
      : {}),
  };
}

function ends(text: string, before: readonly string[] = []): FinalStatus[] {
  const named = list(text, before);
  const known = named.filter((name): name is FinalStatus =>
    FINAL_STATUSES.some((status) => status === name),
  );
  if (known.length === named.length) return known;
  throw new InvalidArgumentError(`Give some of ${FINAL_STATUSES.join(', ')}.`);
}
