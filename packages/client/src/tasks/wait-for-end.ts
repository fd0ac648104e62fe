import { isFinal, MayflyError, type Task, type TaskStatusView } from '@mayfly/contracts';
import { backOffMs, pause } from '../http/back-off.ts';
import { reading, type Call, type CallOptions } from '../http/call.ts';
import type { Transport } from '../http/transport.ts';

export interface WaitOptions extends CallOptions {
  /** Gives up after this time; waits for ever when left out. */
  timeoutMs?: number | undefined;
}

/** How long one question waits at the server. */
const POLL_MS = 25_000;

/** An answer that comes so early, and does not say the end, comes from a server that is leaving. */
const EARLY_MS = 1000;

/** Resolves with the finished task. @throws MayflyError `task.not_finished` after `timeoutMs` */
export async function waitForEnd(
  transport: Transport,
  path: string,
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: WaitOptions,
): Promise<Task> {
  const { clock } = transport.settings;
  const until = clock.monotonic() + timeoutMs;
  for (let early = 0; ;) {
    const askedAt = clock.monotonic();
    const waitMs = Math.round(Math.min(Math.max(0, until - askedAt), POLL_MS));
    const poll = { ...reading(`${path}/status`, { waitMs }, { signal }), extraTimeMs: waitMs };
    const view = await askPatiently<TaskStatusView>(transport, poll, until);
    if (isFinal(view.status)) {
      const look = reading(path, undefined, { signal });
      const task = await askPatiently<Task>(transport, look, until);
      // It may have been sent back to work in between.
      if (isFinal(task.status)) return task;
    }
    const now = clock.monotonic();
    if (now >= until) throw notFinished(view, timeoutMs);
    if (now - askedAt >= Math.min(waitMs, EARLY_MS)) early = 0;
    else await pause(clock, Math.min(backOffMs(++early, 0), until - now), signal);
  }
}

/** A server that is away for a while, such as for a restart, does not end the wait. */
async function askPatiently<T>(transport: Transport, call: Call, until: number): Promise<T> {
  const { clock, reconnectMs } = transport.settings;
  const patience = Math.min(clock.monotonic() + reconnectMs, until);
  for (let tries = 1; ; tries++) {
    try {
      return await transport.json<T>(call);
    } catch (error) {
      const away = error instanceof MayflyError && error.status === 503;
      if (!away || clock.monotonic() >= patience) throw error;
      await pause(clock, backOffMs(tries, 0), call.signal);
    }
  }
}

function notFinished({ status }: TaskStatusView, timeoutMs: number): MayflyError {
  return new MayflyError(
    'task.not_finished',
    `The task is still ${status} after ${timeoutMs} ms. Wait longer, or cancel it.`,
    { extra: { currentStatus: status } },
  );
}
