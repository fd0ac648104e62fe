import { join } from 'node:path';

import { replaceFile } from './owned-files.ts';

/** The superuser of an embedded server, and the only one that can log in. */
export const DATABASE_USER = 'mayfly';

const HEADER = '# Written by Mayfly at every start: changes here are lost.\n';

interface ConfigOptions {
  cluster: string;
  settings: Record<string, string>;
  /** The one account of the system that may connect. */
  client: string;
}

/**
 * Writes the server's three configuration files. Logins go by `peer`: the kernel tells the server
 * which account connects, so that neither a password nor the permissions of a folder are trusted.
 */
export function writeConfigFiles({ cluster, settings, client }: ConfigOptions): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}\n`);
  replaceFile(join(cluster, 'postgresql.conf'), HEADER + lines.join(''));
  replaceFile(
    join(cluster, 'pg_hba.conf'),
    `${HEADER}local all ${DATABASE_USER} peer map=mayfly\n`,
  );
  const login = `mayfly "${client}" ${DATABASE_USER}\n`;
  replaceFile(join(cluster, 'pg_ident.conf'), HEADER + login);
}

/** A value as `postgresql.conf` takes it. */
function quote(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n');
  return `'${escaped}'`;
}
