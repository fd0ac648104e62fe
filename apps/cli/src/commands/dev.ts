import { resolve } from 'node:path';
import { systemClock } from '@mayfly/contracts';
import type { Command } from 'commander';
import { DATA_DIR } from '../connection/find-server.ts';
import type { CliContext } from '../context.ts';
import { addServerOptions } from '../serving/server-options.ts';
import type { DevFlags, RunningDev } from '../serving/start-dev.ts';
import { addWorkerOptions } from '../serving/worker-options.ts';

const HELP = `
The API key is MAYFLY_API_KEY, or one that is made once and kept in the data folder.
Ctrl-C lets running tasks end; a second one ends them at once.

Examples:
  $ mayfly dev
  $ mayfly dev --database memory: --port 0
  $ mayfly dev --handlers handlers.ts --queues default,mail --concurrency 16`;

/** `mayfly dev`. */
export function defineDev(command: Command, context: CliContext): void {
  addServerOptions(command);
  addWorkerOptions(command)
    .option('--no-worker', 'start no worker')
    .addHelpText('after', HELP)
    .action(async (flags: DevFlags) => {
      const { createLog } = await import('../serving/create-log.ts');
      const { startDev, toService } = await import('../serving/start-dev.ts');
      const { runService } = await import('../serving/service.ts');
      const log = createLog(flags.logLevel, 'dev');
      const start = async (): Promise<ReturnType<typeof toService>> => {
        const running = await startDev(flags, context, log);
        await announce(running, flags, context);
        return toService(running, flags);
      };
      const { terminal } = context;
      process.exitCode = await runService(start, { clock: systemClock, terminal });
    });
}

async function announce(
  { config, server, apiKey, worker }: RunningDev,
  { concurrency, data, json = false }: DevFlags,
  { terminal }: CliContext,
): Promise<void> {
  const { announceServer, printFirstSteps } = await import('../serving/announce.ts');
  const { describePlace } = await import('../serving/describe-place.ts');
  const { url, grpcPort } = server;
  const place = describePlace(config.database);
  const ready = worker && { name: worker.name, concurrency, set: worker.set };
  announceServer(terminal, { url, grpcPort, place, apiKey, worker: ready }, json);
  if (json) return;
  printFirstSteps(terminal, { url, apiKey, isFoundHere: resolve(data) === resolve(DATA_DIR) });
}
