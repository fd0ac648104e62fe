import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { positiveNumber } from '../options/parsers.ts';

interface Flags {
  quick?: true;
  full?: true;
  rounds?: number;
  out?: string;
  json?: true;
}

const HELP = `
It works in a checkout of Mayfly, where the other systems are development dependencies. Without
names it runs every load: less than 15 minutes, less than 3 with --quick, an hour with --full.

Examples:
  $ mayfly bench --quick
  $ mayfly bench backlog submit
  $ mayfly bench kills --json`;

/** `mayfly bench`. */
export function defineBench(command: Command, context: CliContext): void {
  command
    .argument('[loads...]', 'only these loads')
    .option('--quick', 'short loads, one round')
    .option('--full', 'all sizes, five rounds')
    .option('--rounds <n>', 'rounds of the loads that compare', positiveNumber)
    .option('--out <dir>', 'folder for the report and its charts')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', HELP)
    .action(async (loads: string[], flags: Flags) => {
      const { runBench } = await import('../running/run-bench.ts');
      process.exitCode = await runBench([...toWords(flags), '--', ...loads], context.environment);
    });
}

function toWords({ quick, full, rounds, out, json }: Flags): string[] {
  return [
    ...(quick ? ['--quick'] : []),
    ...(full ? ['--full'] : []),
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(out === undefined ? [] : ['--out', out]),
    ...(json ? ['--json'] : []),
  ];
}
