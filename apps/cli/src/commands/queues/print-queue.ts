import type { QueueView } from '@mayfly/client';
import { formatDuration } from '@mayfly/contracts';
import type { CliContext } from '../../context.ts';
import type { ClientFlags } from '../../options/client-options.ts';
import { showMs } from '../../output/times.ts';
import { showRate } from '../../output/show-rate.ts';
import { limitsOf } from './limits-of.ts';

const TITLE_CHARS = 12;

/** All there is about a queue. */
export function printQueue(queue: QueueView, flags: ClientFlags, { terminal }: CliContext): void {
  if (flags.json) {
    terminal.printJson(queue);
    return;
  }
  const { totals, days, rates } = queue;
  const fields = {
    queue: queue.name,
    state: queue.paused ? 'paused' : 'open',
    limits: limitsOf(queue) || 'none',
    kept: queue.retentionMs === null ? '' : formatDuration(queue.retentionMs),
    pending: String(queue.pending),
    running: String(queue.running),
    'oldest wait': showMs(queue.oldestWaitMs),
    'per second': rates
      ? `${showRate(rates.submitted)} submitted, ${showRate(rates.started)} started, ${showRate(rates.finished)} finished`
      : '',
    [`${days} days`]: `${totals.submitted} submitted, ${totals.completed} completed, ${totals.failed} failed, ${totals.expired} expired, ${totals.cancelled} cancelled`,
  };
  for (const [title, text] of Object.entries(fields)) {
    if (text !== '') terminal.print(`${terminal.style('dim', title.padEnd(TITLE_CHARS))} ${text}`);
  }
}
