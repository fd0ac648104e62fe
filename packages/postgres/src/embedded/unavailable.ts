import { MayflyError } from '@mayfly/contracts';

/** The remedy that works on every machine. */
export const OWN_SERVER = 'use a server of your own with --database postgres://…';

/** The one error of this folder: `detail` is one line that ends with a remedy. */
export function unavailable(detail: string, cause?: unknown): MayflyError {
  return new MayflyError('store.unavailable', detail, { cause });
}

/** The `code` of an error of the operating system, such as `EACCES`; else undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error says, in one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replaceAll(/\s*\n\s*/g, ' | ');
}
