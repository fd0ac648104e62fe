import { describe, expect, it } from 'vitest';
import { ArtifactCache, computeArtifactKey, type CompiledProgram } from '../src/artifact-cache.ts';
import { loadManifests } from '../src/runtimes/manifest.ts';
import type { Runtime } from '../src/runtimes/runtime.ts';

const program = (bytes: number): CompiledProgram => ({
  artifact: new Uint8Array(bytes),
  output: {
    exitCode: 0,
    signal: null,
    stdout: '',
    stderr: '',
    stdoutTruncated: false,
    stderrTruncated: false,
    usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, processes: 1 },
  },
});

describe('artifact cache', () => {
  it('forgets what was used longest ago when it is full', () => {
    const cache = new ArtifactCache(100);
    cache.put('a', program(40));
    cache.put('b', program(40));
    cache.get('a');
    cache.put('c', program(40));
    expect([cache.get('a'), cache.get('b'), cache.get('c')].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('does not keep what is larger than itself', () => {
    const cache = new ArtifactCache(100);
    cache.put('a', program(101));
    expect(cache.get('a')).toBeNull();
    cache.put('b', program(100));
    expect(cache.get('b')).not.toBeNull();
  });

  it('tells programs apart by toolchain, command line, names and contents', () => {
    const manifest = loadManifests().find(({ name }) => name === 'c-gcc');
    if (manifest === undefined) throw new Error('There is no manifest for C.');
    const runtime: Runtime = { manifest, binary: '/usr/bin/gcc', mounts: [], version: '12.2.0' };
    const file = (path: string, text: string) => ({
      path,
      content: Buffer.from(text),
      executable: false,
    });
    const keys = [
      computeArtifactKey(runtime, ['gcc'], [file('a', 'b')]),
      computeArtifactKey({ ...runtime, version: '13.1.0' }, ['gcc'], [file('a', 'b')]),
      computeArtifactKey(runtime, ['gcc', '-g'], [file('a', 'b')]),
      computeArtifactKey(runtime, ['gcc'], [file('a', 'c')]),
      computeArtifactKey(runtime, ['gcc'], [file('ab', '')]),
      computeArtifactKey(runtime, ['gcc'], [file('a', 'b'), file('c', '')]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(computeArtifactKey(runtime, ['gcc'], [file('a', 'b')])).toBe(keys[0]);
  });
});
