import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes the data folder where the database has not. Root's is open to pass through, because another
 * account runs PostgreSQL for root.
 *
 * @returns whether it was made; false when it was there
 */
export function makeDataFolder(dataDir: string): boolean {
  if (existsSync(dataDir)) return false;
  // One level at a time: in places such as /proc a recursive mkdir never ends.
  makeDataFolder(dirname(resolve(dataDir)));
  mkdirSync(dataDir, { mode: process.geteuid?.() === 0 ? 0o711 : 0o700 });
  return true;
}
