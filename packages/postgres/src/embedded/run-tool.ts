import { spawn } from 'node:child_process';

import { systemCode, unavailable } from './unavailable.ts';

/**
 * The whole environment of every program started here. Nothing is inherited: the caller's secrets
 * stay out of a process of another account, and no PG* or LC_* variable changes what happens. A
 * time zone saves initdb the search for one.
 */
export const BARE_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

export interface ToolResult {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

interface ToolOptions {
  env?: Record<string, string>;
  /** An open file that the program finds as its descriptor 3. */
  descriptor3?: number;
}

/**
 * Runs a short program to its end and takes its output. Throws `store.unavailable` when the program
 * is not installed; an exit code other than 0 is the caller's matter.
 */
export function runTool(argv: string[], options: ToolOptions = {}): Promise<ToolResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: { ...BARE_ENVIRONMENT, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', options.descriptor3 ?? 'ignore'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => reject(missingTool(program, error)));
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Turns "no such program" into a sentence with the remedy; leaves other errors as they are. */
export function missingTool(program: string, error: Error): Error {
  if (systemCode(error) !== 'ENOENT') return error;
  return unavailable(
    `The program ${program} is missing: install it (Debian and Ubuntu: apt-get install util-linux).`,
    error,
  );
}
