import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { dieWithUs } from './die-with-us.ts';

export interface RedisServer {
  socket: string;
  pid: number;
  version: string;
  stop(): Promise<void>;
}

/** What makes Redis keep what it is given, as BullMQ's page for production advises. */
const DURABILITY = [
  ['--appendonly', 'yes'],
  ['--appendfsync', 'everysec'],
  ['--maxmemory-policy', 'noeviction'],
  ['--save', ''],
].flat();

/** Null: there is no `redis-server` on this machine. */
export async function startRedis(): Promise<RedisServer | null> {
  const program = findRedis();
  if (program === undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-redis-'));
  const socket = join(folder, 'socket');
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, ...DURABILITY];
  const server = spawn(program, args, { stdio: 'ignore' });
  dieWithUs(server);
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      untilListens(socket),
      ended.then(() => Promise.reject(new Error(`${program} ended at once`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const version = /v=(\S+)/.exec(execFileSync(program, ['--version']).toString())?.[1] ?? 'unknown';
  return { socket, pid: server.pid ?? 0, version, stop };
}

async function untilListens(socket: string): Promise<void> {
  for (;;) {
    const probe = connect(socket);
    const isUp = await new Promise<boolean>((resolve) => {
      probe.once('connect', () => resolve(true));
      probe.once('error', () => resolve(false));
    });
    probe.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync);
}

/** The program, where there is one. */
export function findRedis(): string | undefined {
  return findProgram('redis-server');
}
