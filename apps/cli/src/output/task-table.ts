import type { Task } from '@mayfly/contracts';
import { paintStatus } from './status-color.ts';
import { printTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { ago, showMs, tookMs } from './times.ts';

/** Tasks, one a line. */
export function printTaskTable(terminal: Terminal, tasks: readonly Task[], nowMs: number): void {
  printTable(terminal, tasks, [
    { title: 'ID', value: (task) => task.id },
    {
      title: 'STATUS',
      value: statusOf,
      paint: (text, task) => paintStatus(terminal, task.status, text),
    },
    { title: 'TYPE', value: (task) => task.type },
    { title: 'QUEUE', value: (task) => task.queue, expendable: 2 },
    { title: 'TRY', value: (task) => String(task.attempt), alignRight: true, expendable: 1 },
    { title: 'CREATED', value: (task) => ago(task.createdAt, nowMs) },
    {
      title: 'TOOK',
      value: (task) => showMs(tookMs(task.startedAt, task.finishedAt, nowMs)),
      alignRight: true,
      expendable: 3,
    },
    {
      title: 'DESCRIPTION',
      value: ({ description, error }) => description ?? error?.message ?? '',
      flexible: true,
      expendable: 4,
    },
  ]);
}

function statusOf({ status, progress }: Task): string {
  return status === 'running' && progress !== null ? `${status} ${Math.round(progress)}%` : status;
}
