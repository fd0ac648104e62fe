import { describe, expect, it } from 'vitest';
import { Report } from '../../src/bubblewrap/report.ts';

function readReport(...chunks: string[]): Report {
  const report = new Report();
  for (const chunk of chunks) report.push(chunk);
  return report;
}

describe('report of the wrapper', () => {
  it('is ready once the whole word is there', () => {
    expect(readReport('rea').isReady()).toBe(false);
    expect(readReport('sh: a complaint\nrea', 'dy\n').isReady()).toBe(true);
  });

  it('tells an exit', () => {
    const report = readReport('ready\nended 3\n0m0.01s 0m0.02s\n1m1.25s 0m0.75s\n');
    expect(report.exit()).toEqual({
      exitCode: 3,
      signal: null,
      artifactCopied: false,
      cpuMs: 62_000,
    });
  });

  it('takes a number for a signal only when the shell speaks of one', () => {
    expect(readReport('ready\nended 139\n').exit()).toMatchObject({ exitCode: 139, signal: null });
    expect(readReport('ready\nSegmentation fault\nended 139\n').exit()).toMatchObject({
      exitCode: null,
      signal: 'SIGSEGV',
    });
    expect(readReport('ready\nReal-time signal 6\nended 168\n').exit()?.signal).toBe('SIG40');
  });

  it('takes the numbers of signals that shells are silent about for signals', () => {
    expect(readReport('ready\nended 141\n').exit()?.signal).toBe('SIGPIPE');
    expect(readReport('ready\nended 130\n').exit()?.signal).toBe('SIGINT');
  });

  it('tells that the artifact is complete', () => {
    expect(readReport('ready\ncopied\nended 0\n').exit()?.artifactCopied).toBe(true);
    expect(readReport('ready\ncat: ./x: No such file\nended 0\n').exit()?.artifactCopied).toBe(
      false,
    );
  });

  it('has no exit when the wrapper was killed', () => {
    expect(readReport('ready\n').exit()).toBeNull();
    expect(readReport('').exit()).toBeNull();
  });

  it('keeps the complaint of bwrap', () => {
    expect(readReport('bwrap: Can not\nmount it\n').complaint()).toBe('bwrap: Can not mount it');
    expect(readReport('ready\nended 0\n').complaint()).toBe('');
  });
});
