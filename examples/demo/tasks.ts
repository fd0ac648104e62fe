import type { Submission, TaskStatus } from '@mayfly/client';
import * as programs from './programs.ts';

/** One task of the demo, and how it is meant to end. */
export interface DemoTask {
  submission: Submission;
  status: TaskStatus;
  /** Verdict of a code task, where it is not `ok`. */
  verdict?: string;
  /** The demo cancels it once it runs. */
  cancel?: boolean;
}

function code(
  description: string,
  runtime: string,
  program: string | { path: string; content: string }[],
  more: object = {},
): DemoTask {
  const source = typeof program === 'string' ? { code: program } : { files: program };
  const params = { runtime, ...source, ...more };
  return {
    submission: { type: 'code.run', description, ttlMs: 20_000, params },
    status: 'completed',
  };
}

const ORDERS = [
  { city: 'Riga', amount: 120 },
  { city: 'Oslo', amount: 75 },
  { city: 'Riga', amount: 30 },
];

/** @param healthUrl an address that `http.request` can call */
export function demoTasks(healthUrl: string): DemoTask[] {
  const plain = (description: string, type: string, params: object, ttlMs = 10_000): DemoTask => ({
    submission: { type, description, ttlMs, params },
    status: 'completed',
  });
  const stubborn = code('ignores SIGTERM', 'python', programs.STUBBORN_PYTHON);
  const flaky = plain('fails twice, then works', 'upload.flaky', {});
  const cancelled = plain('is cancelled while it runs', 'sleep', { ms: 60_000 }, 90_000);
  return [
    plain('a login of 12 characters', 'generate.login', { length: 12 }),
    plain('a number between 1 and 6', 'generate.number', { min: 1, max: 6 }),
    plain('waits, with progress', 'sleep', { ms: 2000 }),
    plain('calls a URL', 'http.request', { url: healthUrl }),
    plain('a handler of our own', 'report.build', { rows: 20_000, columns: 4 }),
    code('counts primes', 'python', programs.PRIMES_PYTHON, { stdin: '1000000\n' }),
    code('places queens', 'c-gcc', programs.QUEENS_C),
    code('greatest common divisor', 'c-clang', programs.GCD_C, { args: ['1071', '462'] }),
    code(
      'counts words, two files',
      'cpp-gcc',
      [
        { path: 'main.cpp', content: programs.WORDS_CPP_MAIN },
        { path: 'count.hpp', content: programs.WORDS_CPP_HEADER },
      ],
      { stdin: 'a rose is a rose is a rose' },
    ),
    code('counts paths', 'cpp-clang', programs.PATHS_CPP),
    code('adds up orders', 'javascript', programs.REPORT_JAVASCRIPT, {
      stdin: JSON.stringify(ORDERS),
    }),
    code('longest Collatz walk', 'typescript', programs.COLLATZ_TYPESCRIPT),
    code('prime factors', 'bash', programs.FACTORS_BASH, { args: ['360', '97', '1001'] }),
    { ...code('does not compile', 'cpp-gcc', programs.BROKEN_CPP), verdict: 'compile-error' },
    {
      submission: { ...stubborn.submission, ttlMs: 2000, graceMs: 500 },
      status: 'expired',
      verdict: 'wall-limit',
    },
    {
      ...flaky,
      submission: {
        ...flaky.submission,
        retry: { maxAttempts: 3, delayMs: 300, backoff: 'fixed' },
      },
    },
    { ...cancelled, status: 'cancelled', cancel: true },
  ];
}
