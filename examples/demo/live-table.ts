import { stripVTControlCharacters, styleText } from 'node:util';
import type { Task, TaskStatus } from '@mayfly/client';

const COLORS: Record<TaskStatus, Parameters<typeof styleText>[0]> = {
  scheduled: 'gray',
  pending: 'gray',
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  expired: 'yellow',
  cancelled: 'magenta',
};

const BAR_WIDTH = 12;

/**
 * Shows tasks as they change: a table that is drawn anew on a terminal, a line for each change
 * elsewhere.
 */
export class LiveTable {
  readonly #terminal = process.stdout.isTTY;
  readonly #shown = new Map<string, TaskStatus>();
  #drawn = 0;

  show(tasks: Task[]): void {
    if (this.#terminal) this.#draw(tasks);
    else this.#printChanges(tasks);
  }

  #draw(tasks: Task[]): void {
    const width = process.stdout.columns;
    const lines = tasks.map((task) => fit(row(task), width));
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : '';
    process.stdout.write(`${up}${lines.map((line) => `\u001B[2K${line}`).join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #printChanges(tasks: Task[]): void {
    for (const task of tasks) {
      if (this.#shown.get(task.id) === task.status) continue;
      this.#shown.set(task.id, task.status);
      console.log(stripVTControlCharacters(row(task)));
    }
  }
}

function row(task: Task): string {
  const status = styleText(COLORS[task.status], task.status.padEnd(10));
  const attempt = task.attempt > 1 ? `attempt ${task.attempt}` : '';
  return `  ${status} ${bar(task)}  ${nameOf(task).padEnd(16)} ${(task.description ?? '').padEnd(28)} ${attempt}`;
}

function nameOf(task: Task): string {
  const { runtime } = (task.params ?? {}) as { runtime?: string };
  return runtime ?? task.type;
}

function bar({ status, progress }: Task): string {
  const share = status === 'completed' ? 1 : (progress ?? 0) / 100;
  const full = Math.round(share * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
}

function fit(line: string, width: number): string {
  return stripVTControlCharacters(line).length <= width
    ? line
    : stripVTControlCharacters(line).slice(0, width);
}
