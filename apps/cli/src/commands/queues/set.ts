import type { RateLimit } from '@mayfly/client';
import { parseDuration } from '@mayfly/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { durationMs, positiveNumber } from '../../options/parsers.ts';
import { printQueue } from './print-queue.ts';

/** Commander takes null for a missing value, so "none" stays a word until the end. */
type None = 'none';

interface Flags extends ClientFlags {
  concurrency?: number | None;
  rate?: RateLimit | None;
  keyConcurrency?: number | None;
  keyRate?: RateLimit | None;
  retention?: number | None;
}

const HELP = `
What is not named stays as it is; "none" takes a limit away, and brings the default retention back.

Examples:
  $ mayfly queues set mail --concurrency 20 --rate 100/1m --key-concurrency 2
  $ mayfly queues set mail --rate none --retention 7d`;

/** `mayfly queues set`. */
export function defineSet(command: Command, context: CliContext): void {
  command
    .argument('<name>', 'name of the queue, also of one that is to come')
    .option('--concurrency <n>', 'most attempts at once', orNone(positiveNumber))
    .option('--rate <count/duration>', 'most starts in a time, such as 100/1m', orNone(rate))
    .option('--key-concurrency <n>', 'the same for each key', orNone(positiveNumber))
    .option('--key-rate <count/duration>', 'the same for each key', orNone(rate))
    .option(
      '--retention <duration>',
      'how long finished tasks are kept, such as 7d',
      orNone(durationMs),
    );
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(async (name: string, flags: Flags) => {
      const { concurrency, keyConcurrency } = flags;
      const change = {
        concurrency,
        rateLimit: flags.rate,
        keyConcurrency,
        keyRateLimit: flags.keyRate,
        retentionMs: flags.retention,
      };
      const given = Object.entries(change)
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => [field, value === 'none' ? null : value]);
      if (given.length === 0)
        command.error('error: Name a limit or --retention; --help lists them.');
      const queue = await connect(flags, context).queues.set(name, Object.fromEntries(given));
      printQueue(queue, flags, context);
    });
}

function orNone<Value>(parse: (text: string) => Value): (text: string) => Value | None {
  return (text) => (text === 'none' ? text : parse(text));
}

function rate(text: string): RateLimit {
  const [, count, time] = /^(\d{1,9})\/(.+)$/.exec(text) ?? [];
  const perMs = time === undefined ? undefined : parseDuration(time);
  if (count !== undefined && perMs !== undefined) return { count: Number(count), perMs };
  throw new InvalidArgumentError('Give a count and a duration such as 100/1m, or none.');
}
