import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MayflyError } from '@mayfly/contracts';
import { makeDataFolder } from './data-folder.ts';

const NAME = 'dev-key';
const KEY = /^\S{8,}$/;

/** Kept beside the data, so that scripts go on working after a restart. */
export function readDevKey(dataDir: string): string | undefined {
  try {
    const key = readFileSync(join(dataDir, NAME), 'utf8').trim();
    return KEY.test(key) ? key : undefined;
  } catch {
    // Whether the folder can be used at all is told by what needs it.
    return undefined;
  }
}

/** A key of 192 random bits. */
export function makeDevKey(): string {
  return `mf_dev_${randomBytes(24).toString('base64url')}`;
}

/** Only its owner can read it. */
export function writeDevKey(dataDir: string, key: string): void {
  try {
    makeDataFolder(dataDir);
    writeFileSync(join(dataDir, NAME), `${key}\n`, { mode: 0o600 });
  } catch (error) {
    const { message } = error as Error;
    throw new MayflyError(
      'server.cannot_start',
      `The development key cannot be kept in ${dataDir} (${message}): choose another folder with --data, or set MAYFLY_API_KEY.`,
      { cause: error },
    );
  }
}
