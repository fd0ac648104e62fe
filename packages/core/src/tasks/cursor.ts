import { MayflyError } from '@mayfly/contracts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A page ends with an opaque cursor, so that what is inside can change. */
export function encodeCursor(afterId: string): string {
  return Buffer.from(JSON.stringify([1, afterId])).toString('base64url');
}

/** @throws MayflyError `request.bad_cursor` */
export function decodeCursor(cursor: string): string {
  try {
    const [version, afterId] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (version === 1 && typeof afterId === 'string' && UUID.test(afterId)) return afterId;
  } catch (error) {
    throw badCursor(error);
  }
  throw badCursor();
}

function badCursor(cause?: unknown): MayflyError {
  return new MayflyError(
    'request.bad_cursor',
    'The cursor is not one that this API gave out. Start again without a cursor.',
    { errors: [{ pointer: 'cursor', detail: 'is not a cursor of this list' }], cause },
  );
}
