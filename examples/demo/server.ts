import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../apps/cli/bin/mayfly.js', import.meta.url));
const HANDLERS = fileURLToPath(new URL('../handlers/report.ts', import.meta.url));

export interface DemoServer {
  url: string;
  apiKey: string;
  stop(): Promise<void>;
}

/** Starts `mayfly dev` on a throw-away database and a free port. */
export async function startServer(): Promise<DemoServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-demo-'));
  const flags = ['--database', 'memory:', '--port', '0', '--data', folder];
  const child = spawn(
    process.execPath,
    [
      CLI,
      'dev',
      ...flags,
      '--handlers',
      HANDLERS,
      '--allow-private-addresses',
      '--log-level',
      'warn',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // The first line comes when everything is ready, and the connection file is there by then.
    await Promise.race([
      once(child.stdout, 'data'),
      exited.then(() => {
        throw new Error('the server did not start');
      }),
    ]);
    const connection = readFileSync(join(folder, 'connection.json'), 'utf8');
    const { url, apiKey } = JSON.parse(connection) as { url: string; apiKey: string };
    return { url, apiKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
