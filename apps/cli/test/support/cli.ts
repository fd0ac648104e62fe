import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/mayfly.js', import.meta.url));

/** Longest wait for a line or an end; only a test that fails waits so long. */
const PATIENCE_MS = 60_000;

export interface CliOptions {
  cwd: string;
  env?: Record<string, string>;
  /** For stdin, which is empty when this is left out. */
  input?: string | Uint8Array;
  /** Program that runs the bin; this test's Node when left out. */
  node?: string;
}

export interface CliEnd {
  /** Null: a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  stdoutBytes: Buffer;
}

export interface RunningCli {
  pid: number;
  /** Resolves with the match once stdout or stderr holds one. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** The first line of stdout, as JSON. */
  firstJson<T>(): Promise<T>;
  kill(signal: NodeJS.Signals): void;
  /** Closes our end of its stdout, as a reader does that has seen enough. */
  stopReading(): void;
  readonly end: Promise<CliEnd>;
}

/** Starts the command as a shell does. One that a test forgets is ended with its file. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  if (!existsSync(new URL('../../dist/main.js', import.meta.url))) {
    throw new Error('the command is not built: run npm run build');
  }
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(options.node ?? process.execPath, [BIN, ...args], {
    cwd: options.cwd,
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...options.env },
    stdio: 'pipe',
  });
  started.add(child);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const listeners = new Set<() => void>();
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    into.push(chunk);
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', collect(stdout));
  child.stderr.on('data', collect(stderr));
  const textOf = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
  const end = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      started.delete(child);
      const stdoutBytes = Buffer.concat(stdout);
      resolve({ code, signal, stdout: textOf(stdout), stderr: textOf(stderr), stdoutBytes });
    });
  });
  const shows = (pattern: RegExp, streams = [stdout, stderr]): Promise<RegExpExecArray> =>
    within(
      `${args.join(' ')} to show ${pattern}`,
      () => textOf([...stdout, ...stderr]),
      new Promise((resolve, reject) => {
        const look = (): void => {
          const matches = streams.map((stream) => pattern.exec(textOf(stream)));
          const match = matches.find((found) => found !== null);
          if (match) resolve(match);
        };
        listeners.add(look);
        look();
        void end.then(() => {
          look();
          reject(new Error(`it ended and showed only:\n${textOf([...stdout, ...stderr])}`));
        }, reject);
      }),
    );
  return {
    pid: child.pid ?? 0,
    shows: (pattern) => shows(pattern),
    firstJson: async () => JSON.parse((await shows(/^\{.*\}$/m, [stdout]))[0]),
    kill: (signal) => void child.kill(signal),
    stopReading: () => child.stdout.destroy(),
    get end() {
      return within(`${args.join(' ')} to end`, () => textOf([...stdout, ...stderr]), end);
    },
  };
}

/** Runs the command to its end. */
export function cli(args: readonly string[], options: CliOptions): Promise<CliEnd> {
  return startCli(args, options).end;
}

const started = new Set<ChildProcess>();

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

async function within<T>(what: string, shown: () => string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`waited in vain for ${what}; it has shown:\n${shown().slice(-2000)}`)),
      PATIENCE_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
