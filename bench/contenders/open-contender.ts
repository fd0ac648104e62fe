import type { Ground } from '../loads/load.ts';
import type { Contender, ContenderName } from './contender.ts';

type Create = (ground: Ground) => Promise<Contender>;

/** Loaded one at a time, so that none weighs on the process of another one. */
const CREATE: Record<ContenderName, Create> = {
  mayfly: async ({ database }) => new (await import('./mayfly.ts')).MayflyContender(database),
  'mayfly-apart': async ({ database }) =>
    new (await import('./mayfly-apart.ts')).MayflyApart(database),
  'graphile-worker': async ({ database }) =>
    new (await import('./graphile-worker.ts')).GraphileContender(database),
  'pg-boss': async ({ database }) => new (await import('./pg-boss.ts')).PgBossContender(database),
  bullmq: async ({ redis }) => {
    if (!redis) throw new Error('BullMQ needs Redis');
    return new (await import('./bullmq.ts')).BullContender(redis.socket);
  },
};

/** Opens the contender of the ground for the length of `work`. */
export async function withContender<Result>(
  ground: Ground,
  work: (contender: Contender) => Promise<Result>,
): Promise<Result> {
  const contender = await CREATE[ground.contender](ground);
  try {
    await contender.open();
    return await work(contender);
  } finally {
    await contender.close();
  }
}
