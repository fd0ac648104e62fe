import { systemClock, type Log } from '@mayfly/contracts';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addServerOptions, toRawConfig, type ServerFlags } from '../serving/server-options.ts';
import type { Service } from '../serving/service.ts';

const HELP = `
The first start makes a key with the claim admin and prints it this once; MAYFLY_API_KEY sets it.
\`mayfly keys create\` makes further ones, such as for workers.

Examples:
  $ mayfly serve --host 0.0.0.0 --data /var/lib/mayfly
  $ mayfly serve --database postgres://mayfly:secret@db.example/mayfly`;

/** `mayfly serve`. */
export function defineServe(command: Command, context: CliContext): void {
  addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (flags: ServerFlags) => {
      const { createLog } = await import('../serving/create-log.ts');
      const { runService } = await import('../serving/service.ts');
      const log = createLog(flags.logLevel, 'serve');
      process.exitCode = await runService(() => start(flags, context, log), {
        clock: systemClock,
        terminal: context.terminal,
      });
    });
}

async function start(
  flags: ServerFlags,
  { environment, terminal }: CliContext,
  log: Log,
): Promise<Service> {
  const { resolveServerConfig, startServer } = await import('@mayfly/server');
  const { announceServer } = await import('../serving/announce.ts');
  const { describePlace } = await import('../serving/describe-place.ts');
  const config = resolveServerConfig(toRawConfig(flags, environment));
  const server = await startServer(config, {
    clock: environment.clock,
    log,
    faults: environment.faults,
  });
  const { url, grpcPort } = server;
  const apiKey = environment.apiKey === undefined ? server.apiKey : null;
  const place = describePlace(config.database);
  announceServer(terminal, { url, grpcPort, place, apiKey, worker: null }, flags.json ?? false);
  if (apiKey !== null && !flags.json) {
    terminal.note('This is the only time that the API key is shown. Keep it.');
  }
  return {
    farewell: () => 'Stopping.',
    async stop() {
      server.drain();
      await server.close();
    },
    abandon: () => undefined,
    broken: server.broken,
  };
}
