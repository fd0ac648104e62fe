import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { oneLine, printable } from '../src/output/printable.ts';
import { progressBar } from '../src/output/progress-bar.ts';
import { printTable } from '../src/output/table.ts';
import { ago, tookMs } from '../src/output/times.ts';
import { cutTo, widthOf } from '../src/output/width.ts';
import { makeScreen } from './support/screen.ts';

describe('text from others', () => {
  test.each([
    ['plain \t text\nof two lines', 'plain \t text\nof two lines'],
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u009b31m', '\\x9b31m'],
    ['back\rover', 'back\\x0dover'],
    ['\u202etxt.exe', '\\u202etxt.exe'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('one line of several', () => {
    expect(oneLine('a\r\n\tb\u0000')).toBe('a b\\x00');
  });
});

describe('width', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['\u001b[31mred\u001b[39m', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['👩‍👩‍👧', 2],
  ])('of %j is %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  test.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%j cut to %i is %j', (text, columns, cut) => {
    expect(cutTo(text, columns)).toBe(cut);
    expect(widthOf(cut)).toBeLessThanOrEqual(columns);
  });
});

describe('a table', () => {
  const rows = [
    { name: 'a', count: 1, text: 'short' },
    { name: 'longer', count: 1000, text: 'one that takes far more room than the others' },
  ];
  const columns = [
    { title: 'NAME', value: (row: (typeof rows)[0]) => row.name },
    { title: 'N', value: (row: (typeof rows)[0]) => String(row.count), alignRight: true },
    { title: 'TEXT', value: (row: (typeof rows)[0]) => row.text, flexible: true },
  ];

  test('is aligned, and whole where nobody looks', () => {
    const screen = makeScreen();
    printTable(screen.terminal, rows, columns);
    expect(screen.text()).toBe(
      'NAME       N  TEXT\n' +
        'a          1  short\n' +
        'longer  1000  one that takes far more room than the others\n',
    );
  });

  test('fits the width of the terminal', () => {
    const screen = makeScreen(30);
    printTable(screen.terminal, rows, columns);
    const lines = stripVTControlCharacters(screen.text()).trimEnd().split('\n');
    expect(lines.at(-1)).toBe('longer  1000  one that takes …');
    expect(Math.max(...lines.map(widthOf))).toBe(30);
  });

  test('leaves out what is expendable, the least first', () => {
    const narrow = columns.map((column, index) => ({ ...column, expendable: 3 - index }));
    for (const [width, titles] of [
      [25, 'NAME       N  TEXT'],
      [24, 'NAME       N'],
    ] as const) {
      const screen = makeScreen(width);
      printTable(screen.terminal, rows, [
        ...narrow.slice(0, 2),
        { ...narrow[2], expendable: 0 } as (typeof narrow)[0],
      ]);
      expect(stripVTControlCharacters(screen.text()).split('\n')[0]).toBe(titles);
    }
  });

  test('keeps the width of rows whose values hold line feeds', () => {
    const screen = makeScreen();
    printTable(screen.terminal, [{ name: 'a\nb', count: 1, text: '' }], columns);
    expect(screen.text()).toBe('NAME  N  TEXT\na b   1\n');
  });
});

test('times', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  expect(ago('2026-01-01T00:00:55.400Z', now)).toBe('4s ago');
  expect(ago('2025-12-31T23:58:40Z', now)).toBe('2m 20s ago');
  expect(ago('2026-01-01T00:01:30Z', now)).toBe('in 30s');
  expect(ago(null, now)).toBe('');
  expect(tookMs('2026-01-01T00:00:59Z', null, now)).toBe(1000);
  expect(tookMs(null, null, now)).toBeNull();
});

test('progress', () => {
  expect(progressBar(null)).toBe('');
  expect(progressBar(0)).toBe(`${'░'.repeat(24)}   0%`);
  expect(progressBar(50)).toBe(`${'█'.repeat(12)}${'░'.repeat(12)}  50%`);
  expect(progressBar(250)).toBe(`${'█'.repeat(24)} 100%`);
});
