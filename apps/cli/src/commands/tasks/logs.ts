import { bytesToJson, jsonToBytes, type OutputStream } from '@mayfly/contracts';
import type { MayflyClient } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { positiveNumber } from '../../options/parsers.ts';

interface Flags extends ClientFlags {
  follow?: true;
  attempt?: number;
}

const HELP = `
What the program has written to stdout, and what a handler has logged, goes to stdout; the rest to
stderr. Bytes come as they were written. With --follow --json it prints one event a line.

Examples:
  $ mayfly tasks logs 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f
  $ mayfly tasks logs 0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f --follow`;

/** `mayfly tasks logs`. */
export function defineLogs(command: Command, context: CliContext): void {
  command
    .argument('<id>', 'id of the task')
    .option('-f, --follow', 'go on until the task has finished')
    .option(
      '--attempt <n>',
      'of this attempt (default: the last one; with --follow the first)',
      positiveNumber,
    );
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string, flags: Flags) => {
      const client = connect(flags, context);
      await (flags.follow ? follow : printAll)(client, id, flags, context);
    });
}

async function printAll(
  client: MayflyClient,
  id: string,
  { attempt, json }: Flags,
  { terminal }: CliContext,
): Promise<void> {
  const output = await client.output(id, { attempt });
  if (json) {
    terminal.printJson(output);
    return;
  }
  for (const stream of ['stdout', 'log', 'stderr'] as const) {
    await terminal.write(targetOf(stream), jsonToBytes(output[stream]));
  }
}

async function follow(
  client: MayflyClient,
  id: string,
  { attempt, json }: Flags,
  { terminal }: CliContext,
): Promise<void> {
  for await (const event of client.followOutput(id, { attempt })) {
    if (json) terminal.printJsonLine(event.kind === 'output' ? withText(event) : event);
    else if (event.kind === 'output') await terminal.write(targetOf(event.stream), event.data);
  }
}

function withText<T extends { data: Uint8Array }>({ data, ...rest }: T): object {
  return { ...rest, ...asJson(data) };
}

function asJson(data: Uint8Array): object {
  const content = bytesToJson(data);
  return typeof content === 'string' ? { text: content } : content;
}

function targetOf(stream: OutputStream): 'stdout' | 'stderr' {
  return stream === 'stderr' ? 'stderr' : 'stdout';
}
