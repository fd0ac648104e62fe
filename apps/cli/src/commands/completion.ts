import { Argument, type Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { readTree } from '../completion/read-tree.ts';
import { zshScript } from '../completion/zsh.ts';
import type { CliContext } from '../context.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Shell = keyof typeof SCRIPTS;

const HELP = `
Examples:
  $ source <(mayfly completion bash)             # in ~/.bashrc
  $ source <(mayfly completion zsh)              # in ~/.zshrc, after compinit
  $ mayfly completion fish | source              # in ~/.config/fish/config.fish`;

/** `mayfly completion`. */
export function defineCompletion(command: Command, context: CliContext): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .option('--json', 'print the tree of commands instead')
    .addHelpText('after', HELP)
    .action(async (shell: Shell, { json }: { json?: true }) => {
      const nodes = readTree(await context.loadAllCommands());
      if (json) context.terminal.printJson(nodes);
      else context.terminal.print(SCRIPTS[shell](nodes).trimEnd());
    });
}
