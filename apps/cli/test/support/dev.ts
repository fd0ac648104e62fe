import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type MayflyClient } from '@mayfly/client';
import type { RuntimeInfo } from '@mayfly/contracts';
import { cli, startCli, type CliEnd, type CliOptions, type RunningCli } from './cli.ts';

/** What `mayfly dev --json` says when it is ready. */
export interface ReadyDev {
  url: string;
  grpcPort: number;
  apiKey: string;
  pid: number;
  worker: { types: string[]; runtimes: RuntimeInfo[]; sandboxFailure: string | null } | null;
}

export interface Dev extends ReadyDev {
  /** The folder in which it runs; other commands find it from there. */
  folder: string;
  process: RunningCli;
  client: MayflyClient;
  /** Runs another command in the same folder. */
  cli: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CliEnd>;
  start: (args: readonly string[], options?: Partial<CliOptions>) => RunningCli;
  /** Ends it, and removes the folder. */
  stop: () => Promise<CliEnd>;
}

export const THROW_AWAY = ['--database', 'memory:', '--port', '0'];

/** Only what needs no sandbox, which is ready sooner. */
export const NO_CODE = ['--types', 'generate.login,generate.number,sleep,http.request'];

/** Starts `mayfly dev` on a throw-away database in a folder of its own. */
export async function startDev(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Dev> {
  const folder = makeFolder();
  const running = startCli(['dev', ...THROW_AWAY, '--json', ...args], { cwd: folder, env });
  const ready = await running.firstJson<ReadyDev>();
  const { url, apiKey } = ready;
  return {
    ...ready,
    folder,
    process: running,
    client: createClient({ url, apiKey }),
    cli: (words, options) => cli(words, { cwd: folder, ...options }),
    start: (words, options) => startCli(words, { cwd: folder, ...options }),
    async stop() {
      running.kill('SIGTERM');
      const end = await running.end;
      rmSync(folder, { recursive: true, force: true });
      return end;
    },
  };
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'mayfly-cli-test-'));
}
