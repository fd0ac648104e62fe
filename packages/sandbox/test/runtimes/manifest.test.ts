import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillCommand } from '../../src/runtimes/command-line.ts';
import { loadManifests } from '../../src/runtimes/manifest.ts';
import { RuntimeCatalog } from '../../src/runtimes/runtime-catalog.ts';

const manifests = loadManifests();
const runtimes = manifests.map((manifest) => {
  return { manifest, binary: '/usr/bin/tool', mounts: [], version: '1.0' };
});

describe('runtime manifests', () => {
  it('are all valid, named like their files, and share no name', () => {
    expect(manifests.map(({ name }) => name)).toEqual([
      'bash',
      'c-clang',
      'c-gcc',
      'cpp-clang',
      'cpp-gcc',
      'javascript',
      'python',
      'typescript',
    ]);
    const catalog = new RuntimeCatalog(runtimes);
    expect(catalog.find('c/gcc').manifest.name).toBe('c-gcc');
    expect(catalog.find('ts').manifest.name).toBe('typescript');
  });

  it('say what is wrong with a broken one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
    writeFileSync(join(folder, 'broken.json'), '{"name": "Broken Name"}');
    expect(() => loadManifests(folder)).toThrow(/broken\.json is no valid runtime manifest/u);
    rmSync(folder, { recursive: true });
  });

  it('fill command lines, and let no file name pass for an option', () => {
    const c = new RuntimeCatalog(runtimes).find('c');
    const words = ['{binary}', '-o', '{artifact}', '{sources}'] as const;
    const paths = ['-o', 'lib/a.c', 'lib/a.h', '@b.c'];
    expect(fillCommand([...words], c, paths)).toEqual([
      '/usr/bin/tool',
      '-o',
      './.mayfly-program',
      './-o',
      'lib/a.c',
      './@b.c',
    ]);
  });
});
