export { MEMORY, type EmbeddedOptions, type EmbeddedPostgres } from './embedded/options.ts';
export { startEmbeddedPostgres } from './embedded/start.ts';
export { type ConnectionSettings } from './sql/database.ts';
export { openPostgresStore } from './store/postgres-store.ts';
