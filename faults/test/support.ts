import { findDebianPostgres, requirePart } from '@mayfly/testkit';

/** The suite needs a PostgreSQL that it can kill and start again. */
export const hasPostgres = requirePart(
  'PostgreSQL from Debian',
  findDebianPostgres() !== undefined,
  'Install it: apt install postgresql',
);
