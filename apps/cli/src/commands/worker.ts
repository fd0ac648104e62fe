import { systemClock, type Log } from '@mayfly/contracts';
import type { Command } from 'commander';
import { findServer } from '../connection/find-server.ts';
import type { CliContext } from '../context.ts';
import { logLevelOption, type LogLevel } from '../serving/log-level.ts';
import type { Service } from '../serving/service.ts';
import { addWorkerOptions, type WorkerFlags } from '../serving/worker-options.ts';

interface Flags extends WorkerFlags {
  server?: string;
  apiKey?: string;
  logLevel: LogLevel;
  json?: boolean;
}

const HELP = `
The key needs the claim worker. The worker waits for a server that is away, and comes back to it.

Examples:
  $ mayfly worker --server http://mayfly.example:2424 --concurrency 8
  $ mayfly worker --types code.run --queues default,night
  $ mayfly worker --handlers handlers.ts`;

/** `mayfly worker`. */
export function defineWorker(command: Command, context: CliContext): void {
  command
    .optionsGroup('Server:')
    .option('--server <url>', 'address of the server (MAYFLY_SERVER)')
    .option('--api-key <key>', 'API key; safer as MAYFLY_API_KEY');
  addWorkerOptions(command)
    .optionsGroup('Output:')
    .addOption(logLevelOption())
    .option('--json', 'print what a program needs to know, once it has joined')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const { createLog } = await import('../serving/create-log.ts');
      const { runService } = await import('../serving/service.ts');
      const log = createLog(flags.logLevel, 'worker');
      process.exitCode = await runService(() => start(flags, context, log), {
        clock: systemClock,
        terminal: context.terminal,
      });
    });
}

async function start(
  flags: Flags,
  { environment, terminal }: CliContext,
  log: Log,
): Promise<Service> {
  const { farewellOf, startFlaggedWorker } = await import('../serving/start-worker.ts');
  const { announceWorker } = await import('../serving/announce.ts');
  const server = findServer(flags, environment);
  const running = await startFlaggedWorker(flags, {
    server,
    environment,
    guard: true,
    clock: environment.clock,
    log,
  });
  announceWorker(terminal, { ...running, url: server.url }, flags.json ?? false);
  return {
    farewell: () => farewellOf(running, flags.drain),
    stop: () => running.drain(flags.drain),
    // Kills what runs before it first waits.
    abandon: () => void running.close(),
    asked: running.worker.drainAsked,
    broken: running.worker.failed,
  };
}
