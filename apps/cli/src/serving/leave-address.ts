import { rmdirSync } from 'node:fs';
import type { Log } from '@mayfly/contracts';
import { removeConnection, writeConnection } from '../connection/connection-file.ts';
import { makeDataFolder } from './data-folder.ts';

/**
 * Leaves the address of this process's server in the data folder, for other commands. They can do
 * without, so what goes wrong is only logged.
 *
 * @returns what takes it away again; idempotent and synchronous
 */
export function leaveAddress(
  dataDir: string,
  address: { url: string; apiKey: string },
  log: Log,
): () => void {
  try {
    const made = makeDataFolder(dataDir);
    writeConnection(dataDir, { ...address, pid: process.pid });
    return () => {
      removeConnection(dataDir);
      if (made) removeIfEmpty(dataDir);
    };
  } catch (error) {
    log.warn({ error }, 'other commands cannot find this server by themselves');
    return () => undefined;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
