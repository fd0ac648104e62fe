import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { systemClock } from '@mayfly/contracts';
import { expect, test } from 'vitest';

import { waitFor } from '../../src/embedded/wait-for.ts';
import { run, scratch } from './support.ts';

test('a change in the folder triggers a look', async () => {
  const folder = await scratch();
  let looks = 0;
  const never = { ...systemClock, after: () => ({ cancel: () => undefined }) };
  const found = waitFor({ clock: never, folder, boundMs: 10_000 }, async () => {
    looks += 1;
    if (looks === 1) await writeFile(join(folder, 'news'), '');
    return looks > 1 ? 'found' : undefined;
  });
  expect(await found).toBe('found');
});

test('what is not found within the bound is undefined, also where nothing can be watched', async () => {
  const script = `
    import { systemClock } from '@mayfly/contracts';
    import { waitFor } from '../../src/embedded/wait-for.ts';
    const options = { clock: systemClock, folder: '/nowhere/at/all', boundMs: 200 };
    console.log(await waitFor(options, async () => undefined));`;
  const node = ['--conditions=@mayfly/source', '--input-type=module', '--eval', script];
  // A process of its own, because the wait alone must keep it alive.
  const { stdout } = await run(process.execPath, node, { cwd: import.meta.dirname });
  expect(stdout).toBe('undefined\n');
});
