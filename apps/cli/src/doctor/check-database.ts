import { formatDuration, MayflyError, systemClock } from '@mayfly/contracts';
import { MEMORY, startEmbeddedPostgres } from '@mayfly/postgres';
import { ok, type Check } from './check.ts';

const NAME = 'PostgreSQL';

/** The only proof that it starts is a start: a throw-away one. */
export async function checkDatabase(): Promise<Check> {
  const clock = systemClock;
  const startedAt = clock.monotonic();
  try {
    const server = await startEmbeddedPostgres({ dataDir: MEMORY, clock, log: () => undefined });
    const tookMs = clock.monotonic() - startedAt;
    await server.stop();
    return ok(NAME, `the embedded one starts in ${formatDuration(tookMs)}`);
  } catch (error) {
    const { message } = MayflyError.from(error);
    return { name: NAME, state: 'broken', detail: message, remedy: null };
  }
}
