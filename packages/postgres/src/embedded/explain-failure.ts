import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Ended } from './program.ts';
import type { ServerLog } from './server-log.ts';
import { OWN_SERVER, unavailable } from './unavailable.ts';

/** Exit codes of a shell that could not execute its program. */
const NOT_EXECUTED = new Set([126, 127]);

const DISK_IS_FULL = /No space left on device|Check free disk space|Disk quota exceeded/;

/** A new cluster takes 40 MB; with less than this left, room is the likely reason. */
const HARDLY_ANY_BYTES = 32 * 1024 * 1024;

/** Says in one line why initdb or the server has ended, from its last lines, and what to do. */
export async function explainFailure(what: string, ended: Ended, log: ServerLog): Promise<Error> {
  const folder = dirname(log.path);
  const text = log.tail();
  const words = summarize(text);
  if (DISK_IS_FULL.test(text) || (await freeBytes(folder)) < HARDLY_ANY_BYTES) {
    return unavailable(
      `The disk of ${folder} is full: free at least 200 MB, or choose another folder with --data.`,
    );
  }
  if (ended.code !== null && NOT_EXECUTED.has(ended.code)) {
    return unavailable(
      `The PostgreSQL binaries cannot run on this system (${words}): they need glibc and the right ` +
        `to execute them; ${OWN_SERVER}.`,
    );
  }
  const more = log.lasts ? ` (more in ${log.path})` : '';
  return unavailable(
    `${what} failed (${ended.text}): ${words || 'it said nothing'}${more}: mend that, or ${OWN_SERVER}.`,
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Told at every start or end, thus no reason for anything. */
const ROUTINE = /starting PostgreSQL|listening on|is shut down|\.\.\. ok$|removing contents/;

/** The last lines that may tell a reason, without time stamps and levels, joined to one line. */
function summarize(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] (LOG: +)?/, '').trim())
    .filter((line) => line !== '' && !ROUTINE.test(line))
    .slice(-4)
    .join(' | ');
}
