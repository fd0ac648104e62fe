import type { CodeRunResult, RuntimeInfo, Task } from '@mayfly/contracts';
import { describe, expect, test } from 'vitest';
import { chooseRuntime } from '../src/running/languages.ts';
import { describeEnd } from '../src/running/program-end.ts';
import { toParams } from '../src/running/program-files.ts';

const RUNTIMES = [
  runtime('python', 'python', ['python3', 'py']),
  runtime('c-gcc', 'c', ['c', 'gcc']),
  runtime('c-clang', 'c', ['clang']),
];

function runtime(name: string, language: string, aliases: string[]): RuntimeInfo {
  return { name, language, aliases, version: '1', compiled: false };
}

describe('the runtime', () => {
  test.each([
    [undefined, '.py', 'python'],
    [undefined, '.PY', 'python'],
    [undefined, '.c', 'c-gcc'],
    ['clang', '.c', 'c-clang'],
    ['py', '', 'python'],
  ])('named %j for a file %j is %s', (named, ending, name) => {
    expect(chooseRuntime(named, ending, RUNTIMES).name).toBe(name);
  });

  test.each([
    [
      undefined,
      '',
      RUNTIMES,
      /what runs a file without an ending\. Name it with --runtime: python, c-gcc/,
    ],
    [undefined, '.zig', RUNTIMES, /what runs \.zig files/],
    [undefined, '.cpp', RUNTIMES, /offers the runtime cpp\. There are python, c-gcc, c-clang\./],
    ['go', '.py', RUNTIMES, /offers the runtime go/],
    [undefined, '.py', [], /No worker that is online can run code/],
  ])('named %j for a file %j is refused', (named, ending, runtimes, message) => {
    expect(() => chooseRuntime(named, ending, runtimes)).toThrow(message);
  });
});

describe('the files', () => {
  const text = Buffer.from('text');

  test('keep their names where these tell the language', () => {
    expect(toParams({ path: 'a/hello.py', bytes: text, extras: [] }, 'python')).toEqual({
      files: [{ path: 'hello.py', content: 'text', encoding: 'utf8' }],
    });
    expect(toParams({ path: 'hello.txt', bytes: text, extras: [] }, 'python')).toEqual({
      code: 'text',
    });
    expect(toParams({ path: 'my program.py', bytes: text, extras: [] }, 'python')).toEqual({
      code: 'text',
    });
  });

  test('beside others, or as bytes, get the usual name of the language', () => {
    const extras = [{ path: 'data.bin', bytes: Buffer.from([255, 0]) }];
    expect(toParams({ path: '-', bytes: text, extras }, 'c')).toEqual({
      files: [
        { path: 'main.c', content: 'text', encoding: 'utf8' },
        { path: 'data.bin', content: '/wA=', encoding: 'base64' },
      ],
    });
    const bytes = Buffer.from([255]);
    expect(toParams({ path: '-', bytes, extras: [] }, 'bash')).toEqual({
      files: [{ path: 'main.sh', content: '/w==', encoding: 'base64' }],
    });
  });
});

describe('the end', () => {
  const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, processes: 1 };
  const stage = {
    exitCode: null,
    signal: null,
    stdout: '',
    stderr: '',
    stdoutTruncated: false,
    stderrTruncated: false,
    usage,
  };
  const base: Task = {
    id: '0192f0c1-2d7a-7cc3-98c4-dc0c0c07398f',
    type: 'code.run',
    description: null,
    queue: 'default',
    priority: 0,
    status: 'completed',
    params: {},
    ttlMs: 5000,
    queueTtlMs: null,
    totalTtlMs: null,
    graceMs: 0,
    retry: { maxAttempts: 1, backoff: 'fixed', delayMs: 0, maxDelayMs: 0, jitter: 0, retryOn: [] },
    attempt: 1,
    owner: '',
    labels: {},
    concurrencyKey: null,
    progress: null,
    createdAt: '',
    runAt: null,
    startedAt: null,
    deadlineAt: null,
    finishedAt: null,
    worker: null,
    result: null,
    error: null,
    after: [],
    afterPolicy: null,
    webhook: null,
  };
  const task = (parts: Partial<Task>): Task => ({ ...base, ...parts });
  const ended = (result: Partial<CodeRunResult>): Task => {
    const whole = { ...stage, runtime: 'c', compile: null, verdict: 'ok', ...result };
    return task({ result: JSON.parse(JSON.stringify(whole)) as Task['result'] });
  };

  test.each([
    [ended({ exitCode: 0 }), 0, null],
    [ended({ verdict: 'nonzero-exit', exitCode: 9 }), 9, null],
    [ended({ verdict: 'signalled', signal: 'SIGSEGV' }), 139, 'The program ended by SIGSEGV.'],
    [ended({ verdict: 'cpu-limit', signal: 'SIGKILL' }), 137, /more CPU time/],
    [ended({ verdict: 'memory-limit', signal: 'SIGKILL' }), 137, /more memory/],
    [ended({ verdict: 'output-limit' }), 137, /printed more/],
    [ended({ verdict: 'process-limit' }), 137, /more processes/],
    [ended({ verdict: 'wall-limit' }), 124, /longer than its limit/],
    [ended({ verdict: 'compile-limit' }), 1, /compiler/],
    [ended({ verdict: 'compile-error', compile: stage }), 1, /does not compile/],
    [ended({ verdict: 'cancelled' }), 130, /cancelled/],
    [ended({ verdict: 'sandbox-error' }), 125, /sandbox/],
    [task({ status: 'expired' }), 124, 'The program was ended: its TTL of 5.0s was over.'],
    [
      task({
        status: 'expired',
        error: { code: 'task.queue_ttl_exceeded', message: 'It waited.' },
      }),
      124,
      'It waited.',
    ],
    [task({ status: 'cancelled' }), 130, /cancelled/],
    [
      task({ status: 'failed', error: { code: 'attempt.lost_too_often', message: 'Lost.' } }),
      125,
      'Lost.',
    ],
    [task({ status: 'failed' }), 125, 'The task is failed.'],
  ])('%#: exit code %2$i', (finished, exitCode, note) => {
    const end = describeEnd(finished);
    expect(end.exitCode).toBe(exitCode);
    if (note === null) expect(end.note).toBeNull();
    else expect(end.note).toMatch(note);
  });

  test('a compiler says what is wrong', () => {
    const compile = { ...stage, stdout: 'a', stderr: 'b' };
    const { diagnostics } = describeEnd(ended({ verdict: 'compile-error', compile }));
    expect(Buffer.from(diagnostics ?? []).toString()).toBe('ab');
  });
});
