import { chmod, cp, mkdir, mkdtemp, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Binaries } from './binaries.ts';
import { makeLibraryLinks } from './library-links.ts';
import { removeFolder } from './remove-folder.ts';
import { runTool } from './run-tool.ts';
import { messageOf, OWN_SERVER, unavailable } from './unavailable.ts';

/** The usual `cacheDir`. */
export const MACHINE_CACHE_DIR = '/var/cache/mayfly';

/**
 * Copies the binaries (60 MB, once a version) to where every account can read them; returns the
 * copy's folder. Throws `store.unavailable` when `cacheDir` cannot be written.
 */
export async function copyBinaries(binaries: Binaries, cacheDir: string): Promise<string> {
  const copy = join(cacheDir, `postgres-${binaries.version}-${binaries.platform}`);
  const native = join(copy, 'native');
  try {
    if (await isFolder(copy)) return native;
    // The mode apart, because a umask would cut what mkdir is given.
    if ((await mkdir(cacheDir, { recursive: true })) !== undefined) await chmod(cacheDir, 0o755);
    const fresh = await mkdtemp(`${copy}.new-`);
    try {
      await fillCopy(binaries.native, fresh);
      await rename(fresh, copy).catch(async (error: unknown) => {
        // Another starter may have been faster, with the same copy.
        if (!(await isFolder(copy))) throw error;
      });
    } finally {
      await removeFolder(fresh);
    }
    return native;
  } catch (error) {
    throw unavailable(
      `PostgreSQL's account cannot read ${binaries.native}, and a copy in ${cacheDir} failed ` +
        `(${messageOf(error)}): install where all can read, or ${OWN_SERVER}.`,
      error,
    );
  }
}

async function fillCopy(source: string, folder: string): Promise<void> {
  const native = join(folder, 'native');
  await cp(source, native, { recursive: true, verbatimSymlinks: true });
  await makeLibraryLinks(native);
  await runTool(['chmod', '-R', 'u=rwX,go=rX', folder]);
  // A half-written copy after a power cut would never be made again.
  await runTool(['sync', '--file-system', folder]);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
