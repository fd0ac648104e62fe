import type { MayflyClient } from '@mayfly/client';
import { MayflyError, type Task } from '@mayfly/contracts';
import type { Terminal } from '../output/terminal.ts';

/** Writes what the program prints, byte for byte, until it has ended; gives the finished task. */
export async function followProgram(
  client: MayflyClient,
  id: string,
  terminal: Terminal,
): Promise<Task> {
  let printing: number | undefined;
  for await (const event of client.followOutput(id)) {
    if (event.kind !== 'output') continue;
    if (printing !== undefined && event.attempt > printing) {
      terminal.note('The worker was lost; the program runs again from its beginning.');
    }
    printing = event.attempt;
    await terminal.write(event.stream === 'stdout' ? 'stdout' : 'stderr', event.data);
  }
  return client.wait(id);
}

/** A task that has finished in the meantime is as good as cancelled. */
export async function cancelProgram(client: MayflyClient, id: string): Promise<void> {
  try {
    await client.cancel(id);
  } catch (error) {
    if (MayflyError.from(error).code !== 'task.already_finished') throw error;
  }
}
