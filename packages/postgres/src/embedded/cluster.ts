import { chmod, mkdtemp, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Account, giveTo } from './account.ts';
import { DATABASE_USER } from './config-files.ts';
import { removeFolder } from './remove-folder.ts';
import { runTool } from './run-tool.ts';
import { systemCode, unavailable } from './unavailable.ts';

const FRESH_PREFIX = 'postgres.new-';

/** Where the cluster of a data folder lies. */
export function clusterIn(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/**
 * True when a cluster is there that this account and these binaries can open, false when it is to
 * be made. Throws `store.unavailable` with the remedy when something else is there, and leaves that
 * as it is.
 */
export async function findCluster(
  cluster: string,
  account: Account | null,
  major: number,
): Promise<boolean> {
  const found = await stat(cluster).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return false;
  if (account === null && found.uid !== process.geteuid?.()) {
    throw unavailable(
      `The folder ${cluster} belongs to another account (user id ${found.uid}): run as that user ` +
        'or as root, or choose another folder with --data.',
    );
  }
  if (!(await holdsCluster(cluster, major))) return false;
  // A copy made by hand: the server accepts only files of its own account, shut to all others.
  if (account !== null && found.uid === 0) {
    await runTool(['chown', '-R', '-P', `${account.uid}:${account.gid}`, cluster]);
  }
  if ((found.mode & 0o077) !== 0) await chmod(cluster, 0o700);
  return true;
}

/** False for an empty folder. */
async function holdsCluster(cluster: string, major: number): Promise<boolean> {
  const entries = await readdir(cluster);
  if (entries.length === 0) return false;
  if (!entries.includes('PG_VERSION')) {
    throw unavailable(
      `The folder ${cluster} is not empty and holds no database: move it away, or choose another ` +
        'folder with --data.',
    );
  }
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version === String(major)) return true;
  throw unavailable(
    `The folder ${cluster} holds a database of PostgreSQL ${version}, and this is PostgreSQL ` +
      `${major}: choose another folder with --data, or open it with a server of version ` +
      `${version} and --database postgres://….`,
  );
}

/**
 * An empty folder for initdb beside the place of the cluster, which it takes only when it is
 * complete and flushed: whatever interrupts the work leaves no half cluster there. Removes what an
 * interrupted start has left.
 */
export async function makeFreshFolder(dataDir: string, account: Account | null): Promise<string> {
  for (const entry of await readdir(dataDir)) {
    if (!entry.startsWith(FRESH_PREFIX)) continue;
    await removeFolder(join(dataDir, entry));
  }
  const fresh = await mkdtemp(join(dataDir, FRESH_PREFIX));
  if (account !== null) await giveTo(account, fresh);
  return fresh;
}

/** Moves a complete cluster to its place, for good. */
export async function placeCluster(fresh: string, cluster: string): Promise<void> {
  await rename(fresh, cluster);
  const folder = await open(join(cluster, '..'), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * The arguments of initdb. Locale: code-point order and Unicode case rules from PostgreSQL's own
 * tables. It compares as fast as C, and no library of the system takes part, so an upgrade of the
 * system cannot spoil an index.
 */
export function initdbArguments(folder: string, durable: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${DATABASE_USER}`,
    '--auth=peer',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    // An initdb that is killed then leaves all its files in the folder, none in /dev/shm.
    '--set=dynamic_shared_memory_type=mmap',
    ...(durable ? [] : ['--no-sync', '--no-data-checksums']),
  ];
}
