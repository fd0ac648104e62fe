import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface ExternalPostgres {
  url: string;
  host: string;
  port: number;
  user: string;
  password: string;
  dataDir: string;
  /** Ends the server and keeps its data; SIGKILL is a crash, SIGINT a restart in order. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again after `end`, on the same port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const ROOT = '/usr/lib/postgresql';

/** Folder of the programs of the PostgreSQL that Debian brought, or undefined. */
export function findDebianPostgres(): string | undefined {
  if (!existsSync(ROOT)) return undefined;
  return readdirSync(ROOT)
    .sort((a, b) => Number(a) - Number(b))
    .map((version) => join(ROOT, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

interface DebianPostgresOptions {
  /** Where it makes its folder. Default: that of temporary files. */
  parent?: string;
  /** Folder of the write-ahead log, empty and its own. Default: within the data. */
  walFolder?: string;
  /** Further settings, such as `max_wal_size=32MB`. */
  settings?: string[];
}

/** Starts a server of its own on loopback TCP, with a password, as a production one would be. */
export async function startDebianPostgres(
  bin: string,
  { parent = tmpdir(), walFolder, settings = [] }: DebianPostgresOptions = {},
): Promise<ExternalPostgres> {
  const folder = mkdtempSync(join(parent, 'mayfly-test-pg-'));
  const account = process.getuid?.() === 0 ? accountIds('postgres') : {};
  chmodSync(folder, 0o700);
  if (account.uid !== undefined && account.gid !== undefined)
    chownSync(folder, account.uid, account.gid);
  const password = 'correct horse';
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o644 });
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'owner',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
      ...(walFolder === undefined ? [] : [`--waldir=${walFolder}`]),
    ],
    { ...account, cwd: folder, stdio: 'ignore' },
  );
  const port = await freePort();
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const launch = (): Promise<ChildProcess> =>
    launchUntilUp(
      join(bin, 'postgres'),
      ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, ...flags],
      { ...account, cwd: folder },
    );
  let server = await launch();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  return {
    url: `postgres://owner:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    host: '127.0.0.1',
    port,
    user: 'owner',
    password,
    dataDir: data,
    end,
    async start() {
      server = await launch();
    },
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface LaunchOptions {
  uid?: number;
  gid?: number;
  cwd: string;
}

/** Processes of a killed server may hold its memory for a moment; then the next one cannot start. */
const LAUNCH_TRIES = 50;
const LAUNCH_PAUSE_MS = 100;

async function launchUntilUp(
  program: string,
  args: string[],
  options: LaunchOptions,
): Promise<ChildProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await launchOnce(program, args, options);
    } catch (error) {
      if (tries === LAUNCH_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, LAUNCH_PAUSE_MS));
    }
  }
}

function launchOnce(
  program: string,
  args: string[],
  options: LaunchOptions,
): Promise<ChildProcess> {
  const server = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-LOG_CHARS);
      if (log.includes('ready to accept connections')) resolve(server);
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${log}`)));
  });
}

const LOG_CHARS = 4000;

function accountIds(name: string): { uid?: number; gid?: number } {
  const ids = (flag: string): number => Number(execFileSync('id', [flag, name]).toString());
  return { uid: ids('-u'), gid: ids('-g') };
}
