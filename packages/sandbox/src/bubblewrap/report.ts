import { constants } from 'node:os';

/** What the wrapper told of the program. Null: the wrapper was killed before it could. */
export interface ProgramExit {
  exitCode: number | null;
  signal: string | null;
  artifactCopied: boolean;
  /** CPU time of all descendants that were collected, in hundredths of a second at best. */
  cpuMs: number;
}

const READY = 'ready';
const SIGNAL_BASE = 128;

/** Shells are silent about these, so an exit code of 128 plus one of them counts as the signal. */
const SILENT_SIGNALS: ReadonlySet<number> = new Set([
  constants.signals.SIGINT,
  constants.signals.SIGPIPE,
]);

const MAX_REPORT_CHARS = 8192;

/** Collects what comes out of the wrapper's report, line by line. */
export class Report {
  #text = '';

  push(chunk: string): void {
    this.#text = (this.#text + chunk).slice(0, MAX_REPORT_CHARS);
  }

  /** The wrapper stands before its gate: all that can fail in setting up has gone well. */
  isReady(): boolean {
    return this.#lines().includes(READY);
  }

  /** What was said before `ready`: the complaint of bwrap or of the shell. */
  complaint(): string {
    const lines = this.#lines();
    const ready = lines.indexOf(READY);
    return lines
      .slice(0, ready === -1 ? undefined : ready)
      .join(' ')
      .trim();
  }

  exit(): ProgramExit | null {
    const lines = this.#lines();
    const said = lines.slice(lines.indexOf(READY) + 1);
    const end = said.findIndex((line) => line.startsWith('ended '));
    if (end === -1) return null;
    const code = Number(said[end]?.slice('ended '.length));
    const artifactCopied = said[end - 1] === 'copied';
    const wasSignal = code > SIGNAL_BASE && (end > 0 || SILENT_SIGNALS.has(code - SIGNAL_BASE));
    return {
      exitCode: wasSignal ? null : code,
      signal: wasSignal ? nameSignal(code - SIGNAL_BASE) : null,
      artifactCopied,
      cpuMs: parseTimes(said[end + 2] ?? ''),
    };
  }

  #lines(): string[] {
    return this.#text.split('\n');
  }
}

function nameSignal(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `SIG${number}`;
}

/** The line of `times` about children: user and system time, each such as `0m1.250000s`. */
function parseTimes(line: string): number {
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/gu)];
  return times.reduce((sum, [, minutes, seconds]) => {
    return sum + Number(minutes) * 60_000 + Number(seconds) * 1000;
  }, 0);
}
