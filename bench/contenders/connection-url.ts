import type { ConnectionSettings } from '@mayfly/postgres';

/** The address of a database on a private socket, as programs take it that know only addresses. */
export function connectionUrl({
  host = '',
  port = 5432,
  user = '',
  database,
}: ConnectionSettings): string {
  return `postgres://${user}@${encodeURIComponent(host)}:${port}/${database ?? ''}`;
}
