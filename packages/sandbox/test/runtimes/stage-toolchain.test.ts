import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageToolchain } from '../../src/runtimes/stage-toolchain.ts';

const isRoot = process.geteuid?.() === 0;

describe('toolchains in private folders', () => {
  let folder: string;
  let cache: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'toolchain-'));
    cache = mkdtempSync(join(tmpdir(), 'toolchain-cache-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    rmSync(cache, { recursive: true });
  });

  const makeTool = (content: string): string => {
    const path = join(folder, 'tool');
    writeFileSync(path, content);
    chmodSync(path, 0o755);
    return path;
  };

  it.runIf(isRoot)('are copied to where the user of a sandbox can reach them', async () => {
    const copy = await stageToolchain(makeTool('first'), cache);
    expect(copy.startsWith(`${cache}/`)).toBe(true);
    expect(readFileSync(copy, 'utf8')).toBe('first');
    expect(statSync(copy)).toMatchObject({ uid: 0, mode: 0o100755, nlink: 1 });
    expect(await stageToolchain(join(folder, 'tool'), cache)).toBe(copy);
  });

  it.runIf(isRoot)('may be asked for by several at once, and leave no drafts', async () => {
    const path = makeTool('x'.repeat(1_000_000));
    const copies = await Promise.all(Array.from({ length: 8 }, () => stageToolchain(path, cache)));
    expect(new Set(copies).size).toBe(1);
    expect(statSync(copies[0] ?? '').size).toBe(1_000_000);
    expect(readdirSync(join(copies[0] ?? '', '..'))).toEqual(['tool']);
  });

  it.runIf(isRoot)('are copied anew when they change, and only a few copies are kept', async () => {
    const copies = [];
    for (const content of ['1', '2', '3', '4', '5', '6']) {
      copies.push(await stageToolchain(makeTool(content), cache));
    }
    expect(new Set(copies).size).toBe(6);
    expect(readdirSync(cache)).toHaveLength(4);
    expect(readFileSync(copies.at(-1) ?? '', 'utf8')).toBe('6');
  });

  it.runIf(isRoot)('stay where they are when everybody can reach them', async () => {
    chmodSync(folder, 0o755);
    const path = makeTool('open');
    expect(await stageToolchain(path, cache)).toBe(path);
  });

  it.skipIf(isRoot)('stay where they are for an ordinary user', async () => {
    const path = makeTool('mine');
    expect(await stageToolchain(path, cache)).toBe(path);
  });
});
