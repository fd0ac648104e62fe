import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ok, type Check } from './check.ts';

const NAME = 'Data folder';

/** Whether a server that starts here can keep its data. */
export async function checkDataFolder(dataDir: string): Promise<Check> {
  const path = resolve(dataDir);
  try {
    const folder = await nearestFolder(path);
    await access(folder, constants.W_OK | constants.X_OK);
    return ok(NAME, folder === path ? `${path} can be written` : `${path} can be made`);
  } catch (error) {
    return {
      name: NAME,
      state: 'broken',
      detail: `${path} cannot be written (${(error as Error).message})`,
      remedy: 'Choose another folder with --data.',
    };
  }
}

/** The folder itself, or the one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nearestFolder(dirname(path));
    throw error;
  }
  throw new Error('it is not a folder');
}
