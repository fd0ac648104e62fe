export {
  DATABASE_KINDS,
  hasDatabase,
  openTestStore,
  openTwoStores,
  startDatabase,
  type DatabaseKind,
  type TestServer,
} from './databases.ts';
export {
  findDebianPostgres,
  startDebianPostgres,
  type ExternalPostgres,
} from './debian-postgres.ts';
export { ManualClock } from './manual-clock.ts';
export { freePort } from './free-port.ts';
export { requirePart } from './requirement.ts';
export { startTcpProxy, type Direction, type TcpProxy } from './tcp-proxy.ts';
