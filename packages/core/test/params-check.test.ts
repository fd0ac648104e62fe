import { LIMITS, type JsonValue } from '@mayfly/contracts';
import { describe, expect, it } from 'vitest';
import { compileParamsCheck } from '../src/catalog/params-check.ts';

describe('compileParamsCheck', () => {
  const check = compileParamsCheck({
    type: 'object',
    properties: { 'a/b': { type: 'integer' }, mode: { enum: ['x', 'y'] } },
    required: ['a/b'],
    additionalProperties: false,
  });

  it('points at the field, with the pointer escaped', () => {
    expect(check({ 'a/b': 'text' })).toEqual([{ pointer: '/a~1b', detail: 'must be integer' }]);
    expect(check({})).toEqual([{ pointer: '/a~1b', detail: 'is required' }]);
    expect(check({ 'a/b': 1, typo: 1 })).toEqual([
      { pointer: '/typo', detail: 'is not a known field' },
    ]);
    expect(check({ 'a/b': 1, mode: 'z' })).toEqual([
      { pointer: '/mode', detail: 'must be one of x, y' },
    ]);
    expect(check({ 'a/b': 1 })).toEqual([]);
  });

  it('refuses what nests too deep, without using up the stack', () => {
    let deep: JsonValue = 0;
    for (let n = 0; n < 100_000; n++) deep = [deep];
    expect(compileParamsCheck({})(deep)).toMatchObject([{ pointer: '', detail: /levels/ }]);
    let fine: JsonValue = 0;
    for (let n = 0; n < LIMITS.paramsDepthMax; n++) fine = [fine];
    expect(compileParamsCheck({})(fine)).toEqual([]);
  });

  it('refuses schemas that reach outside, do not compile, or are too large', () => {
    expect(() => compileParamsCheck({ $ref: 'http://example.com/schema' })).toThrow();
    expect(() => compileParamsCheck({ type: 'nonsense' })).toThrow();
    expect(() => compileParamsCheck({ description: 'x'.repeat(70_000) })).toThrow(/bytes/);
  });
});
