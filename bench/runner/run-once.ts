import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ContenderName } from '../contenders/contender.ts';
import type { Ground, Load, Measured } from '../loads/load.ts';
import type { Sizes } from '../sizes.ts';
import type { Answer, Assignment } from './child.ts';
import type { Servers } from './servers.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Runs a load for a contender, in a process of its own, on an empty database. */
export function runOnce(
  servers: Servers,
  load: Load,
  contender: ContenderName,
  sizes: Sizes,
): Promise<Measured> {
  const { postgresPid, redis } = servers;
  const cores = availableParallelism();
  return servers.withDatabase((database) =>
    inChild({
      load: load.name,
      ground: {
        contender,
        sizes,
        cores,
        database,
        postgresPid,
        redis: redis && { socket: redis.socket, pid: redis.pid },
      } satisfies Ground,
    }),
  );
}

async function inChild(assignment: Assignment): Promise<Measured> {
  const what = `${assignment.load} for ${assignment.ground.contender}`;
  const child = fork(CHILD, { execArgv: [], env: childEnvironment() });
  const answer = Promise.withResolvers<Answer>();
  child.once('message', (message) => answer.resolve(message as Answer));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      answer.reject(new Error(`the bench of ${what} ended with ${code ?? signal}`));
      resolve();
    });
  });
  child.send(assignment);
  const outcome = await answer.promise;
  await ended;
  if ('failure' in outcome) throw new Error(`The bench of ${what} failed: ${outcome.failure}`);
  return outcome.measured;
}

/** Nothing of the caller's settings reaches a contender; libraries speed up in production mode. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, NODE_ENV: 'production', GRPC_VERBOSITY: 'NONE' };
}
