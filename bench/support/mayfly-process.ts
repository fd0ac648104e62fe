import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dieWithUs } from './die-with-us.ts';
import { API_KEY } from './mayfly-in-process.ts';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/mayfly.js', import.meta.url));
const HANDLERS = fileURLToPath(new URL('../handlers.ts', import.meta.url));

/** What a started command tells once it is ready. */
interface Ready {
  url: string;
}

/** A `mayfly` command in a process of its own. */
export class MayflyProcess {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static server(databaseUrl: string): Promise<MayflyProcess> {
    return launch(['serve', '--port', '0', '--grpc-port', '0', '--database', databaseUrl]);
  }

  static worker(serverUrl: string, types: string[], concurrency: number): Promise<MayflyProcess> {
    const args = ['worker', '--server', serverUrl, '--handlers', HANDLERS];
    return launch([...args, '--types', types.join(','), '--concurrency', String(concurrency)]);
  }

  static adopt(child: ChildProcess, url: string): MayflyProcess {
    return new MayflyProcess(child, url);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function launch(args: string[]): Promise<MayflyProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [BIN, ...args, '--json', '--log-level', 'error'], {
    env: { PATH, HOME, MAYFLY_API_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  dieWithUs(child);
  const ready = Promise.withResolvers<Ready>();
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const line = said.split('\n').find((text) => text.includes('"pid":'));
    if (line !== undefined) ready.resolve(JSON.parse(line) as Ready);
  });
  child.once('exit', (code) =>
    ready.reject(new Error(`mayfly ${args[0]} ended with ${code}: ${said}`)),
  );
  const { url } = await ready.promise;
  return MayflyProcess.adopt(child, url);
}
