import { MayflyError } from '@mayfly/contracts';

/** SQLSTATE of what an operator gets wrong in a connection string, with the remedy. */
const REMEDIES: Record<string, string> = {
  '28P01': 'The user or the password is wrong; check both in --database',
  '28000': 'The server does not let this user in; check pg_hba.conf and the user in --database',
  '3D000': 'This database does not exist; make it with createdb, or name another in --database',
  '42501':
    'The user may not create the schema mayfly; grant it, or give another user in --database',
};

/** Turns what goes wrong with a first connection into one line that tells the remedy. */
export function explainConnection(error: unknown, url: string): unknown {
  const root = error instanceof MayflyError && error.cause ? error.cause : error;
  if (!(root instanceof Error)) return error;
  const code = (root as NodeJS.ErrnoException).code ?? '';
  const place = placeOf(url);
  const remedy = REMEDIES[code];
  if (remedy) return unavailable(`${remedy} (${place}: ${root.message}).`, error);
  if (!(error instanceof MayflyError) || error.code !== 'store.unavailable') return error;
  if (root === error) return error;
  return unavailable(
    `The database at ${place} cannot be reached (${root.message || code}). ` +
      'Start it, or correct the address in --database.',
    error,
  );
}

function unavailable(detail: string, cause: unknown): MayflyError {
  return new MayflyError('store.unavailable', detail, { cause });
}

/** The address without its password. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.host || 'localhost'}${parsed.pathname}` : 'the given address';
}
