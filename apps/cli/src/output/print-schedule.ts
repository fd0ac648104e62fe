import { formatDuration, type Schedule } from '@mayfly/contracts';
import { oneLine, printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

const TITLE_CHARS = 12;

/** `0 3 * * 1-5 Europe/Berlin`, or `every 5.0m`. */
export function timingOf({ cron, timeZone, everyMs }: Schedule): string {
  return everyMs === null ? `${cron} ${timeZone}` : `every ${formatDuration(everyMs)}`;
}

/** All there is about a schedule, for people. */
export function printSchedule(terminal: Terminal, schedule: Schedule): void {
  const field = (title: string, text: string): void => {
    if (text !== '') terminal.print(`${terminal.style('dim', title.padEnd(TITLE_CHARS))} ${text}`);
  };
  const { catchUp, catchUpMax, lastRun } = schedule;
  field('id', schedule.id);
  field('name', oneLine(schedule.name));
  field('owner', oneLine(schedule.owner));
  field('when', oneLine(timingOf(schedule)));
  field('paused', schedule.paused ? 'yes' : '');
  field('catch up', catchUp === 'all' ? `all, at most ${catchUpMax}` : catchUp);
  field('overlap', schedule.overlap);
  if (lastRun) {
    field('last run', `${lastRun.slotAt} ${lastRun.taskId ?? 'skipped'}`);
  }
  for (const slot of schedule.nextRuns) field('next run', slot);
  terminal.print(`\n${terminal.style('dim', 'task')}`);
  terminal.print(printable(JSON.stringify(schedule.task, null, 2)));
}
