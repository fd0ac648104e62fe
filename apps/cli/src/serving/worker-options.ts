import { defaultConcurrency } from '@mayfly/worker';
import { Option, type Command } from 'commander';
import { durationMs, list, positiveNumber } from '../options/parsers.ts';

/** Flags of the commands that start a worker. */
export interface WorkerFlags {
  concurrency: number;
  queues?: string[];
  types?: string[];
  handlers?: string[];
  name?: string;
  allowPrivateAddresses?: true;
  drain: number;
}

const DRAIN_MS = 30_000;

/** Adds the flags of `WorkerFlags`. */
export function addWorkerOptions(command: Command): Command {
  return command
    .optionsGroup('Worker:')
    .option('--concurrency <n>', 'tasks that run at one time', positiveNumber, defaultConcurrency())
    .option('--queues <names>', 'serve only these queues', list)
    .option('--types <names>', 'serve only these task types', list)
    .option('--handlers <files...>', 'modules that export handlers')
    .option('--name <name>', 'name of the worker (default: host and process)')
    .option('--allow-private-addresses', 'let http.request reach private addresses')
    .addOption(
      new Option('--drain <duration>', 'how long running tasks may go on after SIGTERM')
        .argParser(durationMs)
        .default(DRAIN_MS, '30s'),
    );
}
