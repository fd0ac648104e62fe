import {
  isFinal,
  systemClock,
  type JsonValue,
  type Submission,
  type Task,
} from '@mayfly/contracts';
import type { MayflyClient } from '@mayfly/client';
import type { Command } from 'commander';
import { connect } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT_OF_STATUS } from '../exit-codes.ts';
import { addClientOptions, type ClientFlags } from '../options/client-options.ts';
import { durationMs, futureTime, jsonValue, pairs, wholeNumber } from '../options/parsers.ts';
import { addTieOptions, toTies, type TieFlags } from '../options/tie-options.ts';
import { printTask } from '../output/print-task.ts';
import { drawProgress } from '../output/watch-progress.ts';

interface Flags extends ClientFlags, TieFlags {
  params?: JsonValue;
  ttl?: number;
  queue?: string;
  priority?: number;
  description?: string;
  label?: Record<string, string>;
  delay?: number;
  runAt?: string;
  queueTtl?: number;
  totalTtl?: number;
  grace?: number;
  retries?: number;
  unique?: string;
  idempotencyKey?: string;
  concurrencyKey?: string;
  wait?: true;
}

const DEFAULT_TTL_MS = 60_000;

const HELP = `
Prints the id of the task. With --wait it shows the finished task, and ends with 0 when it has
completed, 1 when it has failed, 124 when it has expired and 130 when it was cancelled.

Examples:
  $ mayfly submit generate.login --params '{"length":12}' --wait
  $ mayfly submit http.request --params @request.json --ttl 30s --retries 3
  $ mayfly submit sleep --params '{"ms":500}' --delay 10m --label customer=42
  $ mayfly submit report.make --after "$ID" --webhook https://example.com/done --webhook-on failed`;

/** `mayfly submit`. */
export function defineSubmit(command: Command, context: CliContext): void {
  addLifetimeOptions(command.argument('<type>', 'task type, as `mayfly types` lists them'))
    .optionsGroup('Task:')
    .option('--params <json>', 'input of the task: JSON, @file, or - for stdin', jsonValue)
    .option('--queue <queue>', 'where it waits (default: default)')
    .option('--priority <n>', 'higher runs first within a queue', wholeNumber)
    .option('--description <text>', 'for people')
    .option('--label <name=value>', 'to find it by; may be given several times', pairs)
    .option('--concurrency-key <key>', 'shares the limits that the queue sets for each key')
    .option('--unique <key>', 'gets the unfinished task with this key when there is one')
    .option('--idempotency-key <key>', 'a repeat of the key gets the first task');
  addTieOptions(command)
    .optionsGroup('Output:')
    .option('--wait', 'wait until it has finished, and show it');
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (type: string, flags: Flags) => {
      const client = connect(flags, context);
      const { idempotencyKey } = flags;
      const task = await client.submit(toSubmission(type, flags), { idempotencyKey });
      if (flags.wait) await waitFor(client, task, flags, context);
      else if (flags.json) context.terminal.printJson(task);
      else context.terminal.print(task.id);
    });
}

function addLifetimeOptions(command: Command): Command {
  return command
    .optionsGroup('Lifetimes:')
    .option('--ttl <duration>', 'longest run time of one attempt (default: 1m)', durationMs)
    .option('--queue-ttl <duration>', 'longest wait before the first start', durationMs)
    .option('--total-ttl <duration>', 'longest life, retries included', durationMs)
    .option('--grace <duration>', 'soft signal so long before the hard kill', durationMs)
    .option('--delay <duration>', 'not before this time from now', durationMs)
    .option('--run-at <time>', 'not before this time', futureTime)
    .option('--retries <n>', 'run it again so often when it fails or expires', wholeNumber);
}

/** What was not given is left out, so that the server's defaults hold. */
function toSubmission(type: string, flags: Flags): Submission {
  const { params, queue, priority, description, label, retries } = flags;
  const fields = {
    params,
    queue,
    priority,
    description,
    labels: label,
    concurrencyKey: flags.concurrencyKey,
    unique: flags.unique === undefined ? undefined : { key: flags.unique },
    delayMs: flags.delay,
    runAt: flags.runAt,
    queueTtlMs: flags.queueTtl,
    totalTtlMs: flags.totalTtl,
    graceMs: flags.grace,
    retry: retries === undefined ? undefined : { maxAttempts: retries + 1 },
    ...toTies(flags),
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { type, ttlMs: flags.ttl ?? DEFAULT_TTL_MS, ...Object.fromEntries(given) };
}

async function waitFor(
  client: MayflyClient,
  { id }: Task,
  { json }: Flags,
  { terminal }: CliContext,
): Promise<void> {
  if (!json) await drawProgress(client, id, terminal);
  const task = await client.wait(id);
  if (json) terminal.printJson(task);
  else printTask(terminal, task, await client.attempts(id), systemClock.now());
  process.exitCode = isFinal(task.status) ? EXIT_OF_STATUS[task.status] : 1;
}
