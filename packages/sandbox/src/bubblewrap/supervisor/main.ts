import { MayflyError, systemClock } from '@mayfly/contracts';
import type { ProgramRun, Sandbox } from '../../sandbox.ts';
import { createInProcessSandbox } from '../in-process-sandbox.ts';
import type { News, Order } from './messages.ts';

/**
 * The supervisor: a small process beside the worker that starts, watches and ends programs.
 * It ends with the worker, however the worker ends, and takes every program with it.
 */
const runs = new Map<number, ProgramRun>();
let opening: Promise<Sandbox | null> = Promise.resolve(null);
/** Orders are obeyed one after the other, so a kill cannot overtake its start. */
let obeyed: Promise<void> = Promise.resolve();
/** Resolves when everything told so far has left this process. */
let told: Promise<void> = Promise.resolve();

/** Whoever stops the service means the worker, which ends its runs in good order and then us. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

process.on('message', (order: Order) => {
  obeyed = obeyed.then(() => obey(order));
});
process.on('disconnect', () => {
  obeyed = obeyed.then(leave);
});

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case 'open':
      opening = createInProcessSandbox(order.options, systemClock).then(announce, refuse);
      return;
    case 'start':
      start(await opening, order);
      return;
    case 'terminate':
      runs.get(order.id)?.terminate(order.reason);
      return;
    case 'kill':
      runs.get(order.id)?.kill(order.reason);
      return;
    case 'close':
      await leave();
  }
}

function start(sandbox: Sandbox | null, { id, spec }: Extract<Order, { type: 'start' }>): void {
  if (sandbox === null) return;
  const run = sandbox.start({
    ...spec,
    onOutput: (stream, chunk) => tell({ type: 'output', id, stream, chunk }),
  });
  runs.set(id, run);
  void run.done.then((end) => {
    runs.delete(id);
    tell({ type: 'ended', id, end });
  });
}

function announce(sandbox: Sandbox): Sandbox {
  tell({ type: 'opened', info: sandbox.info });
  return sandbox;
}

function refuse(cause: unknown): null {
  const { code, message } = MayflyError.from(cause, 'sandbox.unavailable');
  tell({ type: 'refused', code, detail: message });
  return null;
}

async function leave(): Promise<void> {
  const sandbox = await opening;
  await sandbox?.close();
  await told;
  if (process.connected) process.disconnect();
}

function tell(news: News): void {
  if (!process.connected) return;
  told = new Promise((resolve) => {
    process.send?.(news, () => resolve());
  });
}
