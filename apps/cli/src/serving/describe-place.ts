import { relative } from 'node:path';
import type { DatabaseChoice } from '@mayfly/server';

/** Where the data is, for people; without a password. */
export function describePlace(database: DatabaseChoice): string {
  switch (database.kind) {
    case 'embedded':
      return `${toRelative(database.dataDir)} (embedded PostgreSQL)`;
    case 'memory':
      return 'thrown away at the end (embedded PostgreSQL)';
    case 'url': {
      const { host, pathname } = new URL(database.url);
      return `PostgreSQL at ${host || 'localhost'}${pathname}`;
    }
  }
}

function toRelative(folder: string): string {
  const path = relative('.', folder);
  return path === '' ? '.' : path.startsWith('..') ? folder : `./${path}`;
}
