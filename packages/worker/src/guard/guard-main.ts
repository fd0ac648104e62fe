import { marksOf, sweepTree } from '../isolation/kill-tree.ts';
import { systemClock, type Timer } from '@mayfly/contracts';

// The guard of a worker: a process beside it that sees what the worker cannot see itself. It gets
// one number a line on stdin: so many milliseconds from now it kills the worker, unless another
// line comes before; an empty line calls that off. The end of stdin is the end of the worker.

const [pidText = '', startedAt = ''] = process.argv.slice(2);
const worker = Number(pidText);
let timer: Timer | undefined;
let unread = '';

// It ends with its worker, whoever else is told to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.stdin.on('data', (chunk: Buffer) => {
  const lines = (unread + chunk.toString()).split('\n');
  unread = lines.pop() ?? '';
  const last = lines.at(-1);
  if (last === undefined) return;
  timer?.cancel();
  timer = last === '' ? undefined : systemClock.after(Number(last), killWorker);
});
process.stdin.on('close', leave);

function killWorker(): void {
  // A worker that is dead already has left us to another parent; its number may be another's.
  if (process.ppid === worker) process.kill(worker, 'SIGKILL');
  leave();
}

/** What the worker's handlers have started goes with it. */
function leave(): void {
  void sweepTree(marksOf(worker, startedAt)).then(() => process.exit());
}
