import type { Contender } from '../contenders/contender.ts';
import type { Ground } from '../loads/load.ts';
import { UsageMeter } from './process-usage.ts';

/** A meter of everything that works for the contender: this process, its others, and its store. */
export function meter(
  { contender, postgresPid, redis }: Ground,
  { processes }: Pick<Contender, 'processes'>,
): UsageMeter {
  const families = new Map([['bench', process.pid], ...processes]);
  if (contender !== 'bullmq') families.set('PostgreSQL', postgresPid);
  else if (redis) families.set('Redis', redis.pid);
  return new UsageMeter(families);
}
