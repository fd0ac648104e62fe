import { Worker } from 'node:worker_threads';
import type { Isolation } from './isolation.ts';
import type { FromPlace, PlaceSettings } from './messages.ts';
import { ownModule, ownNodeFlags } from './own-module.ts';
import { PlacePool, type SpawnedPlace } from './place-pool.ts';

/** Runs a handler in threads of the worker. `kill` ends also a loop that never yields. */
export function createThreadIsolation(settings: PlaceSettings): Isolation {
  return new PlacePool(() => spawnThread(settings));
}

function spawnThread(settings: PlaceSettings): SpawnedPlace {
  const thread = new Worker(ownModule('thread-main'), {
    workerData: settings,
    execArgv: ownNodeFlags(),
    env: {},
    stdout: true,
    stderr: true,
  });
  let listener: (message: FromPlace) => void = () => undefined;
  let print: Parameters<SpawnedPlace['onPrint']>[0] = () => undefined;
  let failure: string | undefined;
  thread.on('message', (message: FromPlace) => listener(message));
  thread.on('error', (error) => {
    failure = error instanceof Error ? error.message : String(error);
  });
  thread.stdout.on('data', (data: Buffer) => print('stdout', data));
  thread.stderr.on('data', (data: Buffer) => print('stderr', data));
  return {
    post: (message) => thread.postMessage(message),
    onMessage: (next) => {
      listener = next;
    },
    onPrint: (next) => {
      print = next;
    },
    kill: () => void thread.terminate(),
    gone: new Promise((resolve) => {
      thread.once('exit', (code) => resolve(failure ?? `its thread ended with code ${code}`));
    }),
  };
}
