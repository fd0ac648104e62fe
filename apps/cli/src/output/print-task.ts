import { formatDuration, type Attempt, type JsonValue, type Task } from '@mayfly/contracts';
import { oneLine, printable } from './printable.ts';
import { progressBar } from './progress-bar.ts';
import { paintStatus } from './status-color.ts';
import { printTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { showMs, tookMs } from './times.ts';

const TITLE_CHARS = 12;

/** All there is about a task, for people. */
export function printTask(
  terminal: Terminal,
  task: Task,
  attempts: readonly Attempt[],
  nowMs: number,
): void {
  const field = (title: string, text: string): void => {
    if (text === '') return;
    terminal.print(`${terminal.style('dim', title.padEnd(TITLE_CHARS))} ${text}`);
  };
  const bar = task.status === 'running' ? ` ${progressBar(task.progress)}` : '';
  field('id', task.id);
  field('status', `${paintStatus(terminal, task.status)}${bar}`);
  field('type', task.type);
  field('description', oneLine(task.description ?? ''));
  field('queue', `${task.queue}, priority ${task.priority}`);
  field('labels', labelsOf(task));
  field('owner', oneLine(task.owner));
  field('lifetimes', lifetimesOf(task));
  field('retry', retryOf(task));
  field('after', task.after.join(', '));
  for (const name of ['createdAt', 'runAt', 'startedAt', 'deadlineAt', 'finishedAt'] as const) {
    field(TIME_TITLES[name], task[name] ?? '');
  }
  field('took', showMs(tookMs(task.startedAt, task.finishedAt, nowMs)));
  field('worker', oneLine(task.worker ?? ''));
  field('error', task.error === null ? '' : `${task.error.code}: ${oneLine(task.error.message)}`);
  printJsonField(terminal, 'params', task.params);
  printJsonField(terminal, 'result', task.result);
  if (attempts.length > 0) printAttempts(terminal, attempts, nowMs);
}

const TIME_TITLES = {
  createdAt: 'created',
  runAt: 'run at',
  startedAt: 'started',
  deadlineAt: 'dead by',
  finishedAt: 'finished',
} as const;

function labelsOf({ labels }: Task): string {
  return Object.entries(labels)
    .map(([name, value]) => oneLine(`${name}=${value}`))
    .join(', ');
}

function lifetimesOf({ ttlMs, graceMs, queueTtlMs, totalTtlMs }: Task): string {
  const parts = [`ttl ${formatDuration(ttlMs)}`];
  if (graceMs > 0) parts.push(`grace ${formatDuration(graceMs)}`);
  if (queueTtlMs !== null) parts.push(`queue ${formatDuration(queueTtlMs)}`);
  if (totalTtlMs !== null) parts.push(`total ${formatDuration(totalTtlMs)}`);
  return parts.join(', ');
}

function retryOf({ retry, attempt }: Task): string {
  if (retry.maxAttempts === 1) return '';
  const pause = `${retry.backoff} back-off from ${formatDuration(retry.delayMs)}`;
  return `attempt ${attempt} of ${retry.maxAttempts}, ${pause}, on ${retry.retryOn.join(', ')}`;
}

function printJsonField(terminal: Terminal, title: string, value: JsonValue): void {
  if (value === null) return;
  terminal.print(`\n${terminal.style('dim', title)}`);
  // JSON escapes controls of ASCII by itself; the rest of them is left.
  terminal.print(printable(JSON.stringify(value, null, 2)));
}

function printAttempts(terminal: Terminal, attempts: readonly Attempt[], nowMs: number): void {
  terminal.print('');
  printTable(terminal, attempts, [
    { title: 'ATTEMPT', value: (attempt) => String(attempt.number), alignRight: true },
    { title: 'OUTCOME', value: (attempt) => attempt.outcome ?? 'running' },
    { title: 'WORKER', value: (attempt) => attempt.worker ?? '' },
    { title: 'STARTED', value: (attempt) => attempt.startedAt, expendable: 1 },
    {
      title: 'TOOK',
      value: (attempt) => showMs(tookMs(attempt.startedAt, attempt.finishedAt, nowMs)),
      alignRight: true,
    },
    { title: 'STOPPED', value: stopOf },
    { title: 'ERROR', value: (attempt) => attempt.error?.message ?? '', flexible: true },
  ]);
}

function stopOf({ stop, lateResultRefusedAt }: Attempt): string {
  const late = lateResultRefusedAt === null ? '' : ', late result refused';
  if (stop === null) return late.slice(2);
  const { reason, requestedAt, confirmedAt } = stop;
  const death =
    confirmedAt === null
      ? 'not confirmed'
      : `dead after ${showMs(tookMs(requestedAt, confirmedAt, 0))}`;
  return `${reason}, ${death}${late}`;
}
