import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a server of this machine can be reached, for other commands in the same folder. */
export interface Connection {
  url: string;
  apiKey: string;
  pid: number;
}

const NAME = 'connection.json';

/** Only its owner can read it: it holds the key. */
export function writeConnection(dataDir: string, connection: Connection): void {
  const path = join(dataDir, NAME);
  const draft = `${path}.${connection.pid}`;
  writeFileSync(draft, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** The connection of a server that lives; null when there is none. */
export function readConnection(dataDir: string): Connection | null {
  const connection = readFile(join(dataDir, NAME));
  return connection && isAlive(connection.pid) ? connection : null;
}

/** Leaves a file that another server has written meanwhile. */
export function removeConnection(dataDir: string): void {
  const path = join(dataDir, NAME);
  if (readFile(path)?.pid === process.pid) unlinkSync(path);
}

/** What cannot be read, or is not ours, counts as absent. */
function readFile(path: string): Connection | null {
  try {
    const { url, apiKey, pid } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Connection>;
    return typeof url === 'string' && typeof apiKey === 'string' && Number.isInteger(pid)
      ? { url, apiKey, pid: pid as number }
      : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
