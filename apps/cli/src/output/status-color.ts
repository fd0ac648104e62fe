import type { TaskStatus } from '@mayfly/contracts';
import type { Terminal } from './terminal.ts';

const COLORS = {
  scheduled: 'dim',
  pending: 'dim',
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  expired: 'yellow',
  cancelled: 'gray',
} as const;

/** Each status has its colour, the same everywhere. */
export function paintStatus(terminal: Terminal, status: TaskStatus, text: string = status): string {
  return terminal.style(COLORS[status], text);
}
