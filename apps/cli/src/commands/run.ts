import { extname } from 'node:path';
import {
  bytesToJson,
  LIMITS,
  systemClock,
  type CodeRunParams,
  type StageLimits,
  type Submission,
} from '@mayfly/contracts';
import type { MayflyClient } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT_NOT_RUN } from '../exit-codes.ts';
import { ExitError } from '../exit-error.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { byteSize, durationMs, pairs, positiveNumber, repeated } from '../options/parsers.ts';
import { addTieOptions, toTies, type TieFlags } from '../options/tie-options.ts';
import { chooseRuntime } from '../running/languages.ts';
import { FROM_STDIN, readProgram, toParams } from '../running/program-files.ts';

interface Flags extends ClientFlags, TieFlags {
  ttl?: number;
  grace?: number;
  runtime?: string;
  arg?: string[];
  file?: string[];
  env?: Record<string, string>;
  stdin: boolean;
  queue?: string;
  limitCpu?: number;
  limitWall?: number;
  limitMemory?: number;
  limitDisk?: number;
  limitOutput?: number;
  limitProcesses?: number;
}

const DEFAULT_TTL_MS = 60_000;
const DESCRIPTION_CHARS = LIMITS.descriptionCharsMax;

const HELP = `
Stdin, unless it is a terminal, is sent along. Only what the program prints goes to stdout. The exit
code is the program's; 128+n when signal n has ended it; 1 when it does not compile; 124 when its
time was over; 130 after Ctrl-C, which cancels the task; 125 when it could not be run.

Examples:
  $ mayfly run hello.py --ttl 5s < input.txt
  $ mayfly run fast.cpp --runtime clang++ --limit-memory 256m -- --size 1000
  $ mayfly run main.c --file util.h --file util.c
  $ echo 'print(6 * 7)' | mayfly run - --runtime python`;

/** `mayfly run`. */
export function defineRun(command: Command, context: CliContext): void {
  command
    .argument('<file>', 'the program; - reads it from stdin')
    .argument('[args...]', 'for the program, behind --')
    .optionsGroup('Program:')
    .option('--ttl <duration>', 'longest run time, compiling included (default: 1m)', durationMs)
    .option('--grace <duration>', 'soft signal so long before the hard kill', durationMs)
    .option('--runtime <name>', 'what runs it (default: what fits the ending of the file)')
    .option('--arg <text>', 'argument for the program; may be given several times', repeated)
    .option('--file <file>', 'another file of it; may be given several times', repeated)
    .option('--env <name=value>', 'variable for it; may be given several times', pairs)
    .option('--no-stdin', 'send no stdin')
    .option('--queue <queue>', 'where it waits (default: default)');
  addTieOptions(command);
  addLimitOptions(command);
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (file: string, args: string[], flags: Flags) => {
      process.exitCode = await run(file, args, flags, context).catch((error: unknown) => {
        throw new ExitError(EXIT_NOT_RUN, error);
      });
    });
}

function addLimitOptions(command: Command): void {
  command
    .optionsGroup('Limits:')
    .option('--limit-memory <size>', 'such as 256m', byteSize)
    .option('--limit-cpu <duration>', 'CPU time of all its processes together', durationMs)
    .option('--limit-wall <duration>', 'run time, compiling not included', durationMs)
    .option('--limit-processes <n>', 'processes and threads at one time', positiveNumber)
    .option('--limit-disk <size>', 'size of its working folder', byteSize)
    .option('--limit-output <size>', 'of stdout and stderr together', byteSize);
}

async function run(
  file: string,
  args: string[],
  flags: Flags,
  context: CliContext,
): Promise<number> {
  const { readStdin } = await import('../running/read-stdin.ts');
  const { runProgram } = await import('../running/run-program.ts');
  const files = await readProgram(file, flags.file ?? []);
  const sendsStdin = flags.stdin && file !== FROM_STDIN && !process.stdin.isTTY;
  const client = connect(flags, context);
  const { name, language } = await findRuntime(client, flags, file);
  const params: CodeRunParams = {
    runtime: name,
    ...toParams(files, language),
    ...(sendsStdin ? { stdin: bytesToJson(await readStdin()) } : {}),
    args: [...(flags.arg ?? []), ...args],
    env: flags.env,
    limits: toLimits(flags),
  };
  const { terminal } = context;
  const surroundings = { client, terminal, clock: systemClock, json: flags.json ?? false };
  return runProgram(toSubmission(file, params, flags), surroundings);
}

async function findRuntime(
  client: MayflyClient,
  { runtime }: Flags,
  file: string,
): Promise<ReturnType<typeof chooseRuntime>> {
  return chooseRuntime(runtime, extname(file), await client.runtimes());
}

function toLimits(flags: Flags): StageLimits | undefined {
  const limits: StageLimits = {
    memoryBytes: flags.limitMemory,
    cpuMs: flags.limitCpu,
    wallMs: flags.limitWall,
    processes: flags.limitProcesses,
    diskBytes: flags.limitDisk,
    outputBytes: flags.limitOutput,
  };
  return Object.values(limits).some((limit) => limit !== undefined) ? limits : undefined;
}

function toSubmission(file: string, params: CodeRunParams, flags: Flags): Submission {
  const { ttl = DEFAULT_TTL_MS, grace, queue } = flags;
  return {
    type: 'code.run',
    params,
    ttlMs: ttl,
    description: file === FROM_STDIN ? 'a program from stdin' : file.slice(-DESCRIPTION_CHARS),
    ...(grace === undefined ? {} : { graceMs: grace }),
    ...(queue === undefined ? {} : { queue }),
    ...toTies(flags),
  };
}
