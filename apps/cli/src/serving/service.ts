import { sleep, type Clock } from '@mayfly/contracts';
import type { Terminal } from '../output/terminal.ts';
import { StopSignals } from './stop-signals.ts';

/** Something that runs until it is told to stop. */
export interface Service {
  /** One line on what the person waits for while it stops. */
  farewell(): string;
  /** Lets work end in its time, ends the rest, and resolves when nothing of it runs. */
  stop(): Promise<void>;
  /** Ends at once, and synchronously, what would outlive this process. */
  abandon(): void;
  /** Resolves when somebody asks it over the server to end in order. */
  asked?: Promise<void>;
  /** Resolves with the reason when it cannot go on; rejects with the error that ended it. */
  broken: Promise<string>;
}

/** Time to leave in order after something broke. */
const LAST_WAIT_MS = 5000;

/**
 * Runs a service until a signal, or until it breaks. A second signal, or one before it is ready,
 * ends it at once: what it has started dies with this process.
 *
 * @returns the exit code
 */
export async function runService(
  start: () => Promise<Service>,
  { clock, terminal }: { clock: Clock; terminal: Terminal },
): Promise<number> {
  const signals = new StopSignals(clock);
  const starting = start();
  const early = signals.first.then(() => null);
  const service = await Promise.race([starting, early]);
  if (service === null) {
    terminal.note('Stopped before it was ready.');
    return 1;
  }
  const asked = Promise.race([signals.first, ...(service.asked ? [service.asked] : [])]);
  const why = await Promise.race([asked.then(() => null), service.broken]);
  if (why !== null) {
    terminal.note(`${why}. It cannot go on.`);
    await Promise.race([service.stop(), sleep(clock, LAST_WAIT_MS)]);
    return 1;
  }
  terminal.note(service.farewell());
  const forced = signals.second.then(() => true);
  if (await Promise.race([service.stop().then(() => false), forced])) {
    service.abandon();
    terminal.note('Stopped at once.');
    return 1;
  }
  return 0;
}
