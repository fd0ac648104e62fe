import { styleText } from 'node:util';
import { formatDuration, type Task } from '@mayfly/client';
import type { DemoTask } from './tasks.ts';

const LINES_MAX = 6;

interface CodeResult {
  verdict: string;
  stdout: string;
  stderr: string;
  compile: { stderr: string } | null;
  usage: { cpuMs: number | null; peakMemoryBytes: number | null };
}

/** Prints what each task produced. @returns what did not end as it was meant to */
export function printResults(tasks: Task[], plan: Map<string, DemoTask>): string[] {
  const surprises: string[] = [];
  for (const task of tasks) {
    const planned = plan.get(task.id);
    console.log(`${styleText('bold', task.description ?? task.type)}  ${factsOf(task)}`);
    for (const line of outputOf(task)) console.log(`    ${line}`);
    const verdict = verdictOf(task);
    const wanted = planned?.verdict ?? (verdict === undefined ? undefined : 'ok');
    if (task.status !== planned?.status || (verdict !== undefined && verdict !== wanted)) {
      surprises.push(
        `${task.description}: ${task.status} ${verdict ?? ''} ${task.error?.message ?? ''}`,
      );
    }
  }
  return surprises;
}

function factsOf(task: Task): string {
  const took = Date.parse(task.finishedAt ?? '') - Date.parse(task.startedAt ?? '');
  const facts = [task.status, verdictOf(task), formatDuration(took), memoryOf(task)];
  return styleText('dim', facts.filter(Boolean).join(' · '));
}

function codeResultOf(task: Task): CodeResult | undefined {
  return task.type === 'code.run' && task.result !== null
    ? (task.result as unknown as CodeResult)
    : undefined;
}

function verdictOf(task: Task): string | undefined {
  return codeResultOf(task)?.verdict;
}

function memoryOf(task: Task): string | undefined {
  const bytes = codeResultOf(task)?.usage.peakMemoryBytes;
  return typeof bytes === 'number' ? `${(bytes / 1024 / 1024).toFixed(1)} MiB` : undefined;
}

function outputOf(task: Task): string[] {
  const code = codeResultOf(task);
  const text = code
    ? [code.compile?.stderr, code.stdout, code.stderr].filter(Boolean).join('')
    : JSON.stringify(task.result ?? task.error);
  const lines = text.trimEnd().split('\n');
  const cut = lines.length > LINES_MAX ? [`… ${lines.length - LINES_MAX} more lines`] : [];
  return [...lines.slice(0, LINES_MAX), ...cut];
}
