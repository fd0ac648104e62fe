import { existsSync, readdirSync } from 'node:fs';
import type { ProcessMark } from './processes.ts';

/** Control groups of runs, made by one of these processes, that are still there. */
export function listRunGroups(owners: readonly ProcessMark[]): string[] {
  const pids = new Set(owners.map(({ pid }) => pid));
  return listFolders('/sys/fs/cgroup', 4).filter((path) => {
    const owner = /\/run-\d+-(\d+)-\d+-\d+$/.exec(path)?.[1];
    return owner !== undefined && pids.has(Number(owner));
  });
}

function listFolders(top: string, depth: number): string[] {
  if (depth === 0 || !existsSync(top)) return [];
  return readFolders(top).flatMap((path) => [path, ...listFolders(path, depth - 1)]);
}

/** A group may go while we look. */
function readFolders(top: string): string[] {
  try {
    return readdirSync(top, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${top}/${entry.name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
