import { CLAIMS, type Claim } from '@mayfly/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { futureTime, list } from '../../options/parsers.ts';

interface Flags extends ClientFlags {
  claims: Claim[];
  expires?: string;
}

const HELP = `
Only the key itself goes to stdout, so that it can be caught in a variable.

Examples:
  $ mayfly keys create "build machine" --claims tasks:write,tasks:read --expires 90d
  $ export MAYFLY_API_KEY=$(mayfly keys create worker-1 --claims worker)`;

/** `mayfly keys create`. */
export function defineCreate(command: Command, context: CliContext): void {
  command
    .argument('<name>', 'what the key is for')
    .requiredOption('--claims <claims>', `any of ${CLAIMS.join(', ')}`, claims)
    .option('--expires <time>', 'a time, or a duration from now such as 90d', futureTime);
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (name: string, flags: Flags) => {
      const { terminal } = context;
      const expiresAt = flags.expires ?? null;
      const { apiKeys } = connect(flags, context);
      const created = await apiKeys.create({ name, claims: flags.claims, expiresAt });
      if (flags.json) terminal.printJson(created);
      else {
        terminal.print(created.key);
        terminal.note('This is the only time that the key is shown. Keep it.');
      }
    });
}

function claims(text: string, before: Claim[] = []): Claim[] {
  const names = list(text);
  const wrong = names.find((name) => !(CLAIMS as readonly string[]).includes(name));
  if (wrong === undefined) return [...before, ...(names as Claim[])];
  throw new InvalidArgumentError(`${wrong} is none of ${CLAIMS.join(', ')}.`);
}
