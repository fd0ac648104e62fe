import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { systemCode } from './unavailable.ts';

/** One of the links that npm packages cannot hold; both paths are relative to the package. */
export interface LibraryLink {
  source: string;
  target: string;
}

/**
 * Makes the links between shared libraries which the package's install script makes, unless npm ran
 * with --ignore-scripts. Returns the ones that are missing and cannot be made in place.
 */
export async function makeLibraryLinks(native: string): Promise<LibraryLink[]> {
  const root = join(native, '..');
  const missing: LibraryLink[] = [];
  for (const link of await listLinks(native)) {
    if (await exists(join(root, link.target))) continue;
    if (!(await linkOrRefuse(basename(link.source), join(root, link.target)))) missing.push(link);
  }
  return missing;
}

/**
 * Makes the links in a new `folder` instead; returns the library path with which they are found. It
 * names the libraries' own folder too, because a library looks for others beside its link.
 */
export async function makeLinksElsewhere(
  native: string,
  links: LibraryLink[],
  folder: string,
): Promise<string> {
  await mkdir(folder);
  for (const link of links) {
    await symlink(join(native, '..', link.source), join(folder, basename(link.target)));
  }
  return `${folder}:${join(native, 'lib')}`;
}

async function listLinks(native: string): Promise<LibraryLink[]> {
  const list = join(native, 'pg-symlinks.json');
  if (!(await exists(list))) return [];
  return JSON.parse(await readFile(list, 'utf8')) as LibraryLink[];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** False when the folder is not ours to write. */
async function linkOrRefuse(source: string, target: string): Promise<boolean> {
  try {
    await symlink(source, target);
    return true;
  } catch (error) {
    // Two starters may make the same link at once.
    if (systemCode(error) === 'EEXIST') return true;
    if (['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}
