import { expect, test } from 'vitest';

import { privateMounts } from '../../src/embedded/stage.ts';

test('private mounts never hide what they are to show', () => {
  const seenWith = (cluster: string): string =>
    privateMounts({ native: '/root/a/native', cluster, socket: '/tmp/run' }).seen.cluster;
  expect(seenWith('/root/a/data')).toBe('/mnt/cluster');
  expect(seenWith('/mnt/disk/data')).toBe('/media/cluster');
  expect(seenWith('/mnt')).toBe('/media/cluster');
  expect(seenWith('/mnt2/data')).toBe('/mnt/cluster');
});
