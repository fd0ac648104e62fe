import { Command } from 'commander';
import { COMMANDS } from './commands.ts';
import type { CliContext } from './context.ts';
import { addCommands } from './lazy-command.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  $ mayfly dev                                  start everything here
  $ mayfly run hello.py --ttl 5s < input.txt    run a program
  $ mayfly submit generate.login --wait         submit a task and wait for its result
  $ mayfly tasks ls --status failed,expired     look for what went wrong

Commands find the server by --server, MAYFLY_SERVER, or the \`mayfly dev\` of this folder.`;

/** The tree of commands; those that are not among `words` are not loaded. */
export async function createProgram(
  context: CliContext,
  words: ReadonlySet<string> | 'all',
): Promise<Command> {
  const program = new Command('mayfly')
    .description('Runs tasks that never outlive their time.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`mayfly: ${toOneLine(text)}\n`),
    });
  program.commandsGroup('Help:');
  await addCommands(program, COMMANDS, { words, context });
  return program;
}

/** Commander puts its suggestion on a second line. */
function toOneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
}
