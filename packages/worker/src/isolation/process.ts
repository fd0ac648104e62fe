import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Isolation } from './isolation.ts';
import { killTree, newTreeMark, sweepTree, TREE_MARK } from './kill-tree.ts';
import type { FromPlace, PlaceSettings } from './messages.ts';
import { ownModule, ownNodeFlags } from './own-module.ts';
import { PlacePool, type SpawnedPlace } from './place-pool.ts';

/**
 * Runs a handler in processes of its own. `kill` ends the whole tree: children, their children, and
 * those that have left the process group.
 *
 * @param env environment of the processes; the worker's own is not passed on
 */
export function createProcessIsolation(
  settings: PlaceSettings,
  env: Record<string, string>,
): Isolation {
  return new PlacePool(() => spawnProcess(settings, env));
}

function spawnProcess(settings: PlaceSettings, env: Record<string, string>): SpawnedPlace {
  const mark = newTreeMark();
  const child = fork(fileURLToPath(ownModule('process-main')), [JSON.stringify(settings)], {
    detached: true,
    ...dyingWithUs(),
    env: { ...env, [TREE_MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let listener: (message: FromPlace) => void = () => undefined;
  let print: Parameters<SpawnedPlace['onPrint']>[0] = () => undefined;
  let failure: string | undefined;
  let stderrTail = '';
  child.on('message', (message) => listener(message as FromPlace));
  child.on('error', (error) => {
    failure = error.message;
  });
  child.stdout?.on('data', (data: Buffer) => print('stdout', data));
  child.stderr?.on('data', (data: Buffer) => {
    stderrTail = (stderrTail + data.toString()).slice(-TAIL_CHARS);
    print('stderr', data);
  });
  return {
    post: (message) => void child.send(message, () => undefined),
    onMessage: (next) => {
      listener = next;
    },
    onPrint: (next) => {
      print = next;
    },
    kill: () => {
      // Without a pid it was never started.
      if (child.pid !== undefined) killTree(child.pid);
    },
    gone: new Promise((resolve) => {
      const leave = (how: string): void => {
        const reason = failure ?? [how, stderrTail.trim()].filter(Boolean).join(': ');
        // What the code left running in the background goes with it.
        void sweepTree(mark).then(() => resolve(reason));
      };
      child.once('exit', (code, signal) =>
        leave(`its process ended with ${signal ?? `code ${code}`}`),
      );
      child.once('error', (error) => leave(error.message));
    }),
  };
}

const TAIL_CHARS = 1000;

const SETPRIV = '/usr/bin/setpriv';

/** Also a handler in a busy loop dies when this worker is killed: the kernel sees to it. */
function dyingWithUs(): { execPath?: string; execArgv: string[] } {
  const flags = ownNodeFlags();
  if (!existsSync(SETPRIV)) return { execArgv: flags };
  return { execPath: SETPRIV, execArgv: ['--pdeathsig', 'KILL', '--', process.execPath, ...flags] };
}
