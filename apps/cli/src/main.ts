import { CommanderError } from 'commander';
import type { CliContext } from './context.ts';
import { readEnvironment } from './environment.ts';
import { Terminal } from './output/terminal.ts';
import { createProgram } from './program.ts';

const terminal = new Terminal(process.stdout, process.stderr);
// Timers of the clock do not keep the process alive; a command that waits must.
new MessageChannel().port1.ref();
process.exit(await run(process.argv.slice(2)));

async function run(words: string[]): Promise<number> {
  try {
    const context: CliContext = {
      environment: readEnvironment(),
      terminal,
      loadAllCommands: () => createProgram(context, 'all'),
    };
    const program = await createProgram(context, new Set(words));
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const { reportError } = await import('./report-error.ts');
    return reportError(terminal, error, words);
  }
}
