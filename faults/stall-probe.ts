import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from './journal.ts';

// A program that does nothing but wait, and says when a wait took longer than it should: then the
// machine had no time for anybody, and no promise about time can be judged by what it did meanwhile.

const WAIT_MS = 20;
const LATE_MS = 15;

for (;;) {
  const dueAt = monotonicMs() + WAIT_MS;
  await pause(WAIT_MS);
  const toMono = monotonicMs();
  if (toMono - dueAt > LATE_MS) {
    process.stdout.write(`${JSON.stringify({ fromMono: dueAt, toMono })}\n`);
  }
}
