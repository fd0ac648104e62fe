import { existsSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ReadOnlyMount } from '../sandbox.ts';
import { stageToolchain } from './stage-toolchain.ts';

/** A binary and what has to be mounted so that a sandbox sees it. */
export interface FoundBinary {
  binary: string;
  mounts: readonly ReadOnlyMount[];
}

/** Folders that every sandbox shows. */
const SHOWN = /^\/(?:usr|bin|sbin|lib|lib64)\//u;

const TOOLCHAIN_FOLDER = '/opt/mayfly';

/** Where a manifest's candidate lies, and how it becomes visible; null when it is not there. */
export async function findBinary(
  candidate: string,
  cacheFolder: string,
): Promise<FoundBinary | null> {
  const path = candidate === '{node}' ? process.execPath : candidate;
  if (!existsSync(path)) return null;
  const real = realpathSync(path);
  if (SHOWN.test(path) && SHOWN.test(real)) return { binary: path, mounts: [] };
  const target = `${TOOLCHAIN_FOLDER}/${basename(path)}`;
  const source = await stageToolchain(real, cacheFolder);
  return { binary: target, mounts: [{ source, target }] };
}
