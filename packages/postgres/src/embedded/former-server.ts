import { readFile, stat } from 'node:fs/promises';

import type { Clock } from '@mayfly/contracts';

import { disownPostmasterFile, readPostmasterFile } from './postmaster-file.ts';
import type { Ending } from './program.ts';
import { runTool } from './run-tool.ts';
import { systemCode, unavailable } from './unavailable.ts';
import { waitFor } from './wait-for.ts';

interface FormerOptions {
  clock: Clock;
  cluster: string;
  log: (line: string) => void;
}

/** As in an ordinary stop, but with less patience: somebody waits for the start. */
const ENDINGS: readonly Ending[] = [
  { signal: 'SIGINT', boundMs: 10_000 },
  { signal: 'SIGQUIT', boundMs: 5_000 },
  { signal: 'SIGKILL', boundMs: 5_000 },
];

/** What /proc says of a process that is gone, or of which it may not tell. */
const UNTOLD = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/**
 * The argument that marks a server's command line with the data folder it serves. It is a setting
 * of no effect; in contrast to `-D` it has the real path on every stage.
 */
export function folderMark(cluster: string): string {
  return `mayfly.cluster=${cluster}`;
}

/**
 * Makes sure that no server of a former owner uses the cluster: such a one is usually about to end,
 * because its owner has died. Call it with the owner's lock held, which proves that death. Only a
 * process whose pid stands in the cluster and whose command line names the cluster is touched.
 */
export async function settleFormerServer(options: FormerOptions): Promise<void> {
  const { cluster } = options;
  const file = await readPostmasterFile(cluster);
  if (file === null || !isAlive(file.pid)) return;
  if (await serves(file.pid, cluster)) await endServer(file.pid, options);
  if (await worksIn(file.pid, cluster)) {
    throw unavailable(
      `A PostgreSQL server (process ${file.pid}) that Mayfly has not started uses ${cluster}: stop ` +
        'it, or choose another folder with --data.',
    );
  }
  // Another program that got the number later; or a dead server that its parent has not noticed.
  if (isAlive(file.pid)) await disownPostmasterFile(cluster);
}

async function endServer(pid: number, { clock, cluster, log }: FormerOptions): Promise<void> {
  log(`Waiting for the PostgreSQL server (process ${pid}) that an earlier Mayfly has left to end`);
  for (const { signal, boundMs } of ENDINGS) {
    signalQuietly(pid, signal);
    const gone = await waitFor({ clock, folder: cluster, boundMs }, async () =>
      (await serves(pid, cluster)) ? undefined : true,
    );
    if (gone === true) return;
  }
  throw unavailable(
    `The PostgreSQL server of an earlier Mayfly (process ${pid}) does not end: end it.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** False also for a process that has ended but is still listed: it has no command line. */
async function serves(pid: number, cluster: string): Promise<boolean> {
  const line = await commandLine(pid);
  return line.includes('postgres') && line.includes(folderMark(cluster));
}

/**
 * Whether the cluster is the process's working folder, as it is a server's. Where the system does
 * not tell, the server's own check of its shared memory still keeps a second one out.
 */
async function worksIn(pid: number, cluster: string): Promise<boolean> {
  try {
    const [its, ours] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(cluster)]);
    // A process that ends loses its command line first.
    return its.dev === ours.dev && its.ino === ours.ino && (await commandLine(pid)) !== '';
  } catch (error) {
    if (UNTOLD.has(systemCode(error) ?? '')) return false;
    throw error;
  }
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform !== 'linux') {
    return (await runTool(['ps', '-ww', '-o', 'command=', '-p', String(pid)])).stdout;
  }
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (UNTOLD.has(systemCode(error) ?? '')) return '';
    throw error;
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
