import { posix } from 'node:path';
import {
  CODE_LIMITS,
  findCodeRunFaults,
  findPathFault,
  findRuleFaults,
  type CodeRunParams,
  type FieldError,
} from '@mayfly/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Files = NonNullable<CodeRunParams['files']>;

const findFaults = (params: Partial<CodeRunParams>): FieldError[] =>
  findCodeRunFaults({ runtime: 'python', ...params });

const pointers = (params: Partial<CodeRunParams>): string[] =>
  findFaults(params).map((fault) => fault.pointer);

const file = (path: string, content = ''): Files[number] => ({ path, content, encoding: 'utf8' });

describe('rules of code.run', () => {
  it('take ordinary programs', () => {
    expect(pointers({ code: 'print(1)' })).toEqual([]);
    const files = [file('main.py'), file('a/b c/grüß.py'), file('-o'), file('a/.x')];
    expect(pointers({ files })).toEqual([]);
  });

  it('want either code or files', () => {
    expect(pointers({})).toEqual(['/code']);
    expect(pointers({ code: '', files: [file('a')] })).toEqual(['/code']);
  });

  it('point to the file with a path that cannot be', () => {
    const files = [file('a'), file('b'), file('c'), file('../etc/passwd')];
    expect(findFaults({ files })).toEqual([
      { pointer: '/files/3/path', detail: 'must not hold `.` or `..` as a part' },
    ]);
  });

  it('refuse a path twice, and a file that is a folder as well', () => {
    expect(pointers({ files: [file('a'), file('a')] })).toEqual(['/files/1/path']);
    expect(pointers({ files: [file('a'), file('a/b')] })).toEqual(['/files/1/path']);
    expect(pointers({ files: [file('a/b/c'), file('a/b')] })).toEqual(['/files/1/path']);
    expect(pointers({ files: [file('a/b'), file('a/c'), file('ab'), file('b')] })).toEqual([]);
  });

  it('refuse what is no base64', () => {
    const broken = { path: 'a', content: 'a*b', encoding: 'base64' as const };
    expect(pointers({ files: [broken] })).toEqual(['/files/0/content']);
  });

  it('bound the sizes by bytes, not characters', () => {
    const full = 'ü'.repeat(CODE_LIMITS.filesBytesMax / 2);
    expect(pointers({ code: full })).toEqual([]);
    expect(pointers({ code: `${full}x` })).toEqual(['/code']);
    expect(pointers({ files: [file('a', full), file('b', 'x')] })).toEqual(['/files']);
    expect(pointers({ code: '', stdin: 'x'.repeat(CODE_LIMITS.stdinBytesMax + 1) })).toEqual([
      '/stdin',
    ]);
    const args = Array.from({ length: 100 }, () => '€'.repeat(4096));
    expect(pointers({ code: '', args })).toEqual(['/args']);
  });

  it.each([
    '',
    '/a',
    'a//b',
    'a/',
    '.',
    './a',
    'a/.',
    'a/../b',
    '..',
    'a\nb',
    'a\0b',
    '.mayfly-program',
    '\ud800',
    'x'.repeat(256),
  ])('refuse the path %j', (path) => {
    expect(findPathFault(path)).not.toBeNull();
  });

  it('let no path out of the folder, whatever it looks like', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', '\0', '~') }), (path) => {
        if (findPathFault(path) !== null) return;
        const resolved = posix.normalize(posix.join('/w', path));
        expect(resolved).toBe(`/w/${path}`);
      }),
    );
  });
});

describe('rules of generate.number', () => {
  it.each([
    [{}, null],
    [{ digits: 3 }, null],
    [{ min: -5, max: 5 }, null],
    [{ min: 5, max: 5 }, null],
    [{ digits: 3, min: 1, max: 2 }, '/digits'],
    [{ min: 1 }, '/max'],
    [{ max: 1 }, '/min'],
    [{ min: 2, max: 1 }, '/min'],
    [{ min: -1, max: Number.MAX_SAFE_INTEGER }, '/max'],
  ])('%j', (params, pointer) => {
    const faults = findRuleFaults('generate.number', params);
    expect(faults.map((fault) => fault.pointer)).toEqual(pointer === null ? [] : [pointer]);
  });

  it('are not asked of other types', () => {
    expect(findRuleFaults('report', { min: 2, max: 1 })).toEqual([]);
  });
});
