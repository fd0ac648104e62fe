export {
  cannotStart,
  DEFAULT_DATA_DIR,
  DEFAULT_PORT,
  resolveServerConfig,
  type DatabaseChoice,
  type RawServerConfig,
  type ServerConfig,
} from './config.ts';
export { startServer, type RunningServer, type Surroundings } from './start-server.ts';
export { VERSION } from './version.ts';
export { createLocalSource } from './worker/local-source.ts';
