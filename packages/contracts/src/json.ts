export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** How deep a value nests: 0 for a scalar, 1 for a flat object. Stops counting above `limit`. */
export function jsonDepth(value: JsonValue, limit: number): number {
  if (value === null || typeof value !== 'object') return 0;
  if (limit <= 0) return 1;
  let deepest = 0;
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    const depth = jsonDepth(child, limit - 1);
    if (depth > deepest) deepest = depth;
    if (deepest > limit) break;
  }
  return deepest + 1;
}

/**
 * A bytes value as JSON: a plain string when it is valid UTF-8, else `{base64}`.
 * Nothing is replaced or dropped.
 */
export type TextOrBytes = string | { base64: string };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function bytesToJson(bytes: Uint8Array): TextOrBytes {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

export function jsonToBytes(value: TextOrBytes): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64');
}
