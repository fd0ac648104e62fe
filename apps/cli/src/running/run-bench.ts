import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MayflyError } from '@mayfly/contracts';
import type { Environment } from '../environment.ts';
import { exitOfSignal } from '../exit-codes.ts';

/** The program of the bench, which imports the packages and is imported by none: it is started. */
const MAIN = new URL('../../../../bench/main.ts', import.meta.url);

/** What the other systems come from. */
const PEERS = ['graphile-worker', 'pg-boss', 'bullmq', 'ioredis'];

/**
 * Runs the bench of the checkout that this command belongs to.
 *
 * @returns its exit code
 * @throws MayflyError `bench.unavailable` where there is no checkout, or the others are missing
 */
export async function runBench(words: string[], { forHandlers }: Environment): Promise<number> {
  requireBench(MAIN);
  const bench = spawn(process.execPath, [fileURLToPath(MAIN), ...words], {
    stdio: 'inherit',
    env: forHandlers,
  });
  // Ctrl-C reaches the bench by the terminal; it stops its servers, and then we end.
  const ignore = (): void => undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, ignore);
  const [code, signal] = (await once(bench, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? exitOfSignal(signal ?? 'SIGKILL');
}

/** @throws MayflyError that says what to do */
export function requireBench(main: URL): void {
  if (!existsSync(main)) {
    throw unavailable('The bench is in the sources of Mayfly only: run this in a checkout.');
  }
  const require = createRequire(main);
  const missing = PEERS.filter((name) => !canResolve(require, name));
  if (missing.length === 0) return;
  throw unavailable(
    `The bench compares with ${missing.join(', ')}, which must be installed. Run scripts/set-up in the checkout.`,
  );
}

function canResolve(require: NodeJS.Require, name: string): boolean {
  return (require.resolve.paths(name) ?? []).some((folder) => existsSync(`${folder}/${name}`));
}

function unavailable(detail: string): MayflyError {
  return new MayflyError('bench.unavailable', detail);
}
