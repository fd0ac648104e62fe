import { MayflyError } from '@mayfly/contracts';
import type { CliContext } from './context.ts';
import type { ClientFlags } from './options/client-options.ts';

interface Action<T> {
  act: (id: string) => Promise<T>;
  /** What a person reads when it went well. */
  done: (id: string, result: T) => string;
}

/**
 * Acts on one id after the other. What is refused is told at once and does not hold up the rest;
 * the exit code is then 1.
 */
export async function eachOf<T>(
  ids: readonly string[],
  { act, done }: Action<T>,
  flags: ClientFlags,
  { terminal }: CliContext,
): Promise<void> {
  const items: unknown[] = [];
  for (const id of ids) {
    try {
      const result = await act(id);
      items.push(result ?? { id });
      if (!flags.json) terminal.print(done(id, result));
    } catch (error) {
      const refused = error instanceof MayflyError && error.status < 500 && error.status !== 401;
      if (!refused || ids.length === 1) throw error;
      terminal.note(`${id}: ${error.message}`);
      process.exitCode = 1;
    }
  }
  if (flags.json) terminal.printJson({ items });
}
