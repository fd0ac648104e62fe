import type { MayflyClient, OutputEvent } from '@mayfly/client';
import { oneLine } from './printable.ts';
import { progressBar } from './progress-bar.ts';
import { paintStatus } from './status-color.ts';
import type { Terminal } from './terminal.ts';

/** Shows how a task goes on, in one line that moves or in lines of their own, until its end. */
export async function watchProgress(
  client: MayflyClient,
  id: string,
  terminal: Terminal,
): Promise<void> {
  let shown = '';
  for await (const event of client.followOutput(id)) {
    if (event.kind === 'output') continue;
    const line = lineOf(terminal, event);
    if (event.kind === 'end') {
      terminal.redraw('');
      terminal.print(line);
    } else if (terminal.canRedraw) {
      terminal.redraw(`${line} ${progressBar(event.progress)}`);
    } else if (line !== shown) {
      terminal.print(line);
    }
    shown = line;
  }
}

/** The moving line alone, beside other work; shows nothing where lines cannot move. */
export async function drawProgress(
  client: MayflyClient,
  id: string,
  terminal: Terminal,
): Promise<void> {
  if (!terminal.canRedraw) return;
  for await (const event of client.followOutput(id)) {
    if (event.kind !== 'status') continue;
    terminal.redraw(`${lineOf(terminal, event)} ${progressBar(event.progress)}`);
  }
  terminal.redraw('');
}

function lineOf(terminal: Terminal, event: Exclude<OutputEvent, { kind: 'output' }>): string {
  const { status, attempt } = event;
  const tries = attempt > 1 ? ` (attempt ${attempt})` : '';
  const error = event.kind === 'end' && event.error ? `: ${oneLine(event.error.message)}` : '';
  return `${paintStatus(terminal, status)}${tries}${error}`;
}
