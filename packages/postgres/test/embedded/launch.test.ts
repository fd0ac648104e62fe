import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { launch } from '../../src/embedded/launch.ts';
import { scratch } from './support.ts';

const seen = { native: '/', cluster: '/', socket: '/' };

/** Starts a program and waits until all that holds its output has ended. */
async function touch(enter: string[], folder: string): Promise<void> {
  const pad = { stage: { seen, enter }, account: null };
  const program = ['touch', join(folder, 'ran')];
  const child = launch(pad, program, { deathSignal: 'SIGKILL', output: 1 });
  await once(child, 'exit');
}

test('a program runs as the child of this process', async () => {
  const folder = await scratch();
  await touch([], folder);
  expect(await readdir(folder)).toEqual(['ran']);
});

test('a program that has lost its parent before the death signal was set does not run', async () => {
  const folder = await scratch();
  const orphaned = 'sh -c \'"$@"; touch "$0"\' "$0" "$@" & wait';
  await touch(['sh', '-c', orphaned, join(folder, 'refused')], folder);
  expect(await readdir(folder)).toEqual(['refused']);
});
