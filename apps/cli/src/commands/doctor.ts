import type { Command } from 'commander';
import { DATA_DIR } from '../connection/find-server.ts';
import type { CliContext } from '../context.ts';
import { ok, type Check } from '../doctor/check.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { oneLine } from '../output/printable.ts';
import type { Terminal } from '../output/terminal.ts';

interface Flags extends ClientFlags {
  data: string;
}

const HELP = `
It starts a throw-away database and runs a small program in every language, so it takes some
seconds. The exit code is 1 when something is broken without which nothing works.

Examples:
  $ mayfly doctor
  $ mayfly doctor --json | jq '.checks[] | select(.state != "ok")'`;

/** `mayfly doctor`. */
export function defineDoctor(command: Command, context: CliContext): void {
  command.option('--data <dir>', 'folder for the data', DATA_DIR);
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const checks = await examine(flags, context);
      const isWell = checks.every((check) => check.state !== 'broken');
      if (flags.json) context.terminal.printJson({ ok: isWell, checks });
      else for (const check of checks) show(context.terminal, check);
      process.exitCode = isWell ? 0 : 1;
    });
}

async function examine(flags: Flags, { environment }: CliContext): Promise<Check[]> {
  const { checkDatabase } = await import('../doctor/check-database.ts');
  const { checkDataFolder } = await import('../doctor/check-data-folder.ts');
  const { checkSandbox } = await import('../doctor/check-sandbox.ts');
  const { checkServer } = await import('../doctor/check-server.ts');
  const node = ok('Node.js', `${process.version} at ${process.execPath}`);
  const results = await Promise.all([
    checkDatabase(),
    checkDataFolder(flags.data),
    checkServer(flags, environment),
    checkSandbox(),
  ]);
  return [node, ...results.flat()];
}

const MARKS = {
  ok: ['✓', 'green'],
  missing: ['!', 'yellow'],
  broken: ['✗', 'red'],
} as const;

const NAME_CHARS = 12;

function show(terminal: Terminal, { name, state, detail, remedy }: Check): void {
  const [mark, color] = MARKS[state];
  terminal.print(`${terminal.style(color, mark)} ${name.padEnd(NAME_CHARS)} ${oneLine(detail)}`);
  if (remedy !== null) terminal.print(`${' '.repeat(NAME_CHARS + 3)}${oneLine(remedy)}`);
}
