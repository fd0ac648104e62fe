import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Where copies of toolchains lie that sandboxed users cannot reach in their own place. */
export const TOOLCHAIN_CACHE = '/var/cache/mayfly/toolchains';

/** Copies kept; the ones used longest ago go first. */
const COPIES_MAX = 4;

const OTHERS_READ_AND_RUN = 0o005;
const OTHERS_ENTER = 0o001;

/**
 * Path of a binary that the user of a sandbox can reach. As root, a binary in a private folder is
 * copied to a cache that belongs to root. (A hard link would not do: whoever may write the
 * original could change the copy as well.) As an ordinary user everything of one's own is in reach.
 */
export async function stageToolchain(path: string, cacheFolder: string): Promise<string> {
  if (process.geteuid?.() !== 0 || isReachable(path)) return path;
  const folder = join(cacheFolder, await hashFile(path));
  const copy = join(folder, basename(path));
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (!(await isFile(copy))) await copyInOneStep(path, copy);
  await forgetOldCopies(cacheFolder, folder);
  return copy;
}

/** True when any user may run the file and enter every folder on the way to it. */
function isReachable(path: string): boolean {
  if ((statSync(path).mode & OTHERS_READ_AND_RUN) !== OTHERS_READ_AND_RUN) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ?? false;
}

/** Others may do the same at once: whoever is last wins, and all copies are the same. */
async function copyInOneStep(source: string, target: string): Promise<void> {
  const draft = `${target}.${randomUUID()}`;
  await copyFile(source, draft);
  await chmod(draft, 0o755);
  await rename(draft, target);
}

async function forgetOldCopies(cacheFolder: string, used: string): Promise<void> {
  const folders = (await readdir(cacheFolder)).map((name) => join(cacheFolder, name));
  const others = await Promise.all(
    folders
      .filter((folder) => folder !== used)
      .map(async (folder) => ({ folder, usedAt: (await stat(folder)).mtimeMs })),
  );
  others.sort((first, second) => second.usedAt - first.usedAt);
  for (const { folder } of others.slice(COPIES_MAX - 1)) {
    await rm(folder, { recursive: true, force: true });
  }
}
