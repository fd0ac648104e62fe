import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../src/tasks/cursor.ts';

describe('cursors', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(decodeCursor(encodeCursor(id))).toBe(id);
      }),
    );
  });

  it('are refused when they are not ours', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text)).toThrow(
          expect.objectContaining({ code: 'request.bad_cursor' }),
        );
      }),
    );
    const forged = Buffer.from('[1,"\' or 1=1"]').toString('base64url');
    expect(() => decodeCursor(forged)).toThrow(
      expect.objectContaining({ code: 'request.bad_cursor' }),
    );
  });
});
