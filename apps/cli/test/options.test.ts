import { describe, expect, test } from 'vitest';
import { parseByteSize } from '../src/options/byte-size.ts';
import { toFilter } from '../src/options/filter-options.ts';
import * as parsers from '../src/options/parsers.ts';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['65536', 65_536],
    ['64k', 65_536],
    ['64K', 65_536],
    ['1.5m', 1_572_864],
    ['256MiB', 268_435_456],
    ['1gb', 1_073_741_824],
    ['', undefined],
    ['m', undefined],
    ['-1', undefined],
    ['1 m', undefined],
    ['1t', undefined],
    ['1e3', undefined],
    ['999999999999999g', undefined],
  ])('%j is %s', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });
});

describe('values of options', () => {
  test.each([
    [() => parsers.durationMs('5'), /Give a duration/],
    [() => parsers.wholeNumber('1.5'), /Give a whole number/],
    [() => parsers.wholeNumber('9'.repeat(16)), /Give a whole number/],
    [() => parsers.positiveNumber('0'), /above 0/],
    [() => parsers.list('a,,b'), /with commas between/],
    [() => parsers.pairs('=x'), /name=value/],
    [() => parsers.pairs('x'), /name=value/],
    [() => parsers.pastTime('yesterday'), /Give a time such as/],
    [() => parsers.jsonValue('{x}'), /It is no JSON/],
  ])('%s is refused', (parse, message) => {
    expect(parse).toThrow(message);
  });

  test('those that may be given several times add up', () => {
    expect(parsers.list('b, c', ['a'])).toEqual(['a', 'b', 'c']);
    expect(parsers.repeated('-', ['a'])).toEqual(['a', '-']);
    expect(parsers.pairs('b=2=2', { a: '1' })).toEqual({ a: '1', b: '2=2' });
    expect(parsers.pairs('empty=')).toEqual({ empty: '' });
  });

  test('times are points or distances', () => {
    expect(parsers.pastTime('2026-01-31T12:00:00+02:00')).toBe('2026-01-31T10:00:00.000Z');
    const now = Date.now();
    expect(Math.abs(Date.parse(parsers.pastTime('2h')) - (now - 7_200_000))).toBeLessThan(5000);
    expect(Math.abs(Date.parse(parsers.futureTime('2h')) - (now + 7_200_000))).toBeLessThan(5000);
  });

  test('no flag is no filter', () => {
    expect(toFilter({})).toBeUndefined();
    expect(toFilter({ label: { a: '1', b: '2' }, q: 'x' })).toEqual({
      label: ['a:1', 'b:2'],
      q: 'x',
    });
  });
});
