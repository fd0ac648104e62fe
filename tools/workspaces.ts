import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Workspace {
  name: string;
  folder: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  /** Files of the product, tests left out. */
  sources: string[];
}

interface Manifest {
  name: string;
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

export function listWorkspaces(): Workspace[] {
  return (readManifest(ROOT).workspaces ?? []).map((path) => {
    const folder = join(ROOT, path);
    const { name, dependencies = {}, devDependencies = {} } = readManifest(folder);
    const sources = globSync('src/**/*.ts', { cwd: folder }).map((file) => join(folder, file));
    return { name, folder, dependencies, devDependencies, sources };
  });
}

/** Files that git knows or would take, by pattern, relative to the root. */
export function listFiles(pattern: string): string[] {
  return globSync(pattern, {
    cwd: ROOT,
    exclude: (name) => ['node_modules', 'dist', '.mayfly', '.git', 'generated'].includes(name),
  });
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
