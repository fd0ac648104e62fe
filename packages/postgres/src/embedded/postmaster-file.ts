import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { replaceFile } from './owned-files.ts';
import { systemCode } from './unavailable.ts';

/** What the server writes about itself into its data folder. */
export interface PostmasterFile {
  pid: number;
  /** Such as `starting`, `ready`, `stopping`; empty just after the start. */
  state: string;
}

const PID_LINE = 0;
const STATE_LINE = 7;

/** Larger than any system's process ids. */
const NOBODYS_PID = 2_147_483_647;

/** Null when there is no such file: no server runs, or none was left behind. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  const lines = await readLines(cluster);
  if (lines === null) return null;
  const pid = Number.parseInt(lines[PID_LINE] ?? '', 10);
  return Number.isNaN(pid) ? null : { pid, state: (lines[STATE_LINE] ?? '').trim() };
}

/**
 * Names a pid that cannot exist. The server refuses to start while the file names a live process,
 * also when that is another program that got the number later. The file must stay: its other lines
 * tell the server whether a part of a former one still uses the data.
 */
export async function disownPostmasterFile(cluster: string): Promise<void> {
  const lines = await readLines(cluster);
  if (lines === null) return;
  lines[PID_LINE] = String(NOBODYS_PID);
  replaceFile(pathIn(cluster), lines.join('\n'));
}

async function readLines(cluster: string): Promise<string[] | null> {
  try {
    return (await readFile(pathIn(cluster), 'utf8')).split('\n');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function pathIn(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}
