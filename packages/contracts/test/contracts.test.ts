import {
  bytesToJson,
  formatDuration,
  hasClaim,
  jsonDepth,
  jsonToBytes,
  MayflyError,
  parseDuration,
  submissionSchema,
  toProblem,
  type JsonValue,
} from '@mayfly/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 's', '-5s', '5 s', '5sec', 'NaNs', '1e3s'])('%j is none', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it.each([
    [340, '340ms'],
    [4200, '4.2s'],
    [200_000, '3m 20s'],
    [7_500_000, '2h 5m'],
    [260_000_000, '3d 0h'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('bytes in JSON', () => {
  it('come back byte for byte, through text or base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const json = JSON.parse(JSON.stringify(bytesToJson(bytes))) as ReturnType<
          typeof bytesToJson
        >;
        expect(Buffer.from(jsonToBytes(json))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('are plain text when they are UTF-8, with NUL and byte order mark kept', () => {
    expect(bytesToJson(Buffer.from('\uFEFFa\0ü'))).toBe('\uFEFFa\0ü');
    expect(bytesToJson(Buffer.from([0xff]))).toEqual({ base64: '/w==' });
  });
});

describe('jsonDepth', () => {
  it('counts levels as far as it is asked to', () => {
    expect(jsonDepth(1, 9)).toBe(0);
    expect(jsonDepth({}, 9)).toBe(1);
    expect(jsonDepth({ a: [{ b: 1 }], c: 2 }, 9)).toBe(3);
    let deep: JsonValue = 0;
    for (let n = 0; n < 100_000; n++) deep = { deep };
    expect(jsonDepth(deep, 64)).toBeGreaterThan(64);
  });
});

describe('MayflyError', () => {
  it('becomes a problem document without its cause', () => {
    const error = new MayflyError('task.not_found', 'There is no task.', {
      errors: [{ pointer: '/id', detail: 'is unknown' }],
      extra: { currentStatus: 'running' },
      cause: new Error('secret'),
    });
    expect(toProblem(error)).toEqual({
      type: 'urn:mayfly:error:task.not_found',
      title: 'There is no such task',
      status: 404,
      detail: 'There is no task.',
      code: 'task.not_found',
      errors: [{ pointer: '/id', detail: 'is unknown' }],
      currentStatus: 'running',
    });
  });
});

describe('claims', () => {
  it('are held by whoever has one of them, or admin', () => {
    expect(hasClaim(['tasks:read'], 'tasks:read', 'tasks:write')).toBe(true);
    expect(hasClaim(['tasks:read'], 'tasks:write')).toBe(false);
    expect(hasClaim(['admin'], 'worker')).toBe(true);
    expect(hasClaim([], 'worker')).toBe(false);
  });
});

describe('the submission schema', () => {
  it('fills in defaults and refuses NUL and lone surrogates in text', () => {
    expect(submissionSchema.parse({ type: 'a.b', ttlMs: 1 })).toMatchObject({
      queue: 'default',
      priority: 0,
      description: null,
      labels: {},
      graceMs: 0,
    });
    for (const description of ['a\0b', '\ud800']) {
      expect(submissionSchema.safeParse({ type: 'a', ttlMs: 1, description }).success).toBe(false);
    }
  });
});
