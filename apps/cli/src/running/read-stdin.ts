import { CODE_LIMITS, MayflyError } from '@mayfly/contracts';

/**
 * Everything that comes from stdin.
 *
 * @throws MayflyError when it is more than a task takes
 */
export async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= CODE_LIMITS.stdinBytesMax) continue;
    throw new MayflyError(
      'request.too_large',
      `Stdin has more than the ${CODE_LIMITS.stdinBytesMax} bytes that a task takes.`,
    );
  }
  return Buffer.concat(chunks);
}
