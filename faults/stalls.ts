import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A time in which a plain timer of an idle process did not fire, on the clock of the journal. */
export interface Stall {
  fromMono: number;
  toMono: number;
}

/** Watches the machine, beside all that is tested. */
export class StallWatch {
  readonly stalls: Stall[] = [];
  readonly #probe: ChildProcess;

  constructor() {
    const main = fileURLToPath(new URL('stall-probe.ts', import.meta.url));
    const probe = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: probe.stdout }).on('line', (line) => {
      this.stalls.push(JSON.parse(line) as Stall);
    });
    this.#probe = probe;
  }

  async stop(): Promise<void> {
    const gone = once(this.#probe, 'exit');
    this.#probe.kill();
    await gone;
  }
}

/** How much of this time the machine stood still for a process that only waits. */
export function stalledMs(stalls: Stall[], { fromMono, toMono }: Stall): number {
  return stalls.reduce((sum, stall) => {
    const shared = Math.min(stall.toMono, toMono) - Math.max(stall.fromMono, fromMono);
    return sum + Math.max(0, shared);
  }, 0);
}
