import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePart } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CliEnd, CliOptions } from './support/cli.ts';
import { startDev, type Dev } from './support/dev.ts';
import { descendantsOf, survivorsOf } from './support/processes.ts';
import { probeSandbox } from './support/sandbox.ts';

const { failure, names } = await probeSandbox();
const hasPython = requirePart(
  'a sandbox with Python',
  names.includes('python'),
  failure ?? 'Install it: apt-get install -y python3.',
);
const hasC = requirePart(
  'a sandbox with gcc',
  names.includes('c-gcc'),
  failure ?? 'Install it: apt-get install -y gcc libc6-dev.',
);

let dev: Dev;

beforeAll(async () => {
  if (hasPython) dev = await startDev();
});

afterAll(() => (hasPython ? dev.stop() : undefined));

function write(name: string, text: string | Uint8Array): string {
  writeFileSync(join(dev.folder, name), text);
  return name;
}

function run(args: string[], options: Partial<CliOptions> = {}): Promise<CliEnd> {
  return dev.cli(['run', ...args], options);
}

describe.skipIf(!hasPython)('a program in Python', () => {
  test('gets stdin, args and variables; its output and its exit code come back', async () => {
    const file = write(
      'all.py',
      `import os, sys
print(sys.stdin.read(), sys.argv[1:], os.environ['COLOR'])
print('to stderr', file=sys.stderr)
sys.exit(7)`,
    );
    const args = [file, '--ttl', '20s', '--arg', 'one', '--env', 'COLOR=red', '--', '--two', '3'];
    expect(await run(args, { input: 'hello' })).toMatchObject({
      code: 7,
      stdout: "hello ['one', '--two', '3'] red\n",
      stderr: 'to stderr\n',
    });
  });

  test('bytes that are no text pass both ways unchanged', async () => {
    const file = write('cat.py', 'import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())');
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256));
    const end = await run([file], { input: bytes });
    expect(end.code).toBe(0);
    expect(end.stdoutBytes.equals(bytes)).toBe(true);
  });

  test('10 MB of output arrive whole, with bytes that are no text among them', async () => {
    const file = write(
      'much.py',
      `import os
block = bytes(range(256)) * 256
for _ in range(160): os.write(1, block)`,
    );
    const end = await run([file, '--ttl', '60s', '--limit-output', '12m']);
    expect(end.code).toBe(0);
    const block = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(end.stdoutBytes.equals(Buffer.concat(Array.from({ length: 40_960 }, () => block)))).toBe(
      true,
    );
  });

  test('output is there while the program runs', async () => {
    const file = write(
      'live.py',
      `import os, time
os.write(1, b'first\\n')
time.sleep(600)`,
    );
    const running = dev.start(['run', file, '--ttl', '10m']);
    await running.shows(/first/);
    running.kill('SIGINT');
    expect(await running.end).toMatchObject({ code: 130, stdout: 'first\n' });
  });

  test('several files, and its own name in what Python says', async () => {
    mkdirSync(join(dev.folder, 'program', 'lib'), { recursive: true });
    const file = write('program/main_part.py', 'from lib.other import greet\ngreet()');
    const other = write('program/lib/other.py', "def greet():\n  raise ValueError('hello')");
    const end = await run([file, '--file', other]);
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(
      /main_part\.py", line 2[\s\S]*lib\/other\.py[\s\S]*ValueError: hello/,
    );
  });

  test('a program from stdin', async () => {
    const end = await run(['-', '--runtime', 'py', '--ttl', '20s'], { input: 'print(6 * 7)' });
    expect(end).toMatchObject({ code: 0, stdout: '42\n', stderr: '' });
  });

  test('the end of its TTL is 124, with what it printed until then', async () => {
    const file = write('late.py', "print('so far', flush=True)\nwhile True: pass");
    expect(await run([file, '--ttl', '1s'])).toMatchObject({
      code: 124,
      stdout: 'so far\n',
      stderr: 'mayfly: The program was ended: its TTL of 1.0s was over.\n',
    });
  });

  test('a signal is 128 and its number', async () => {
    const file = write('abort.py', 'import os\nos.abort()');
    expect(await run([file])).toMatchObject({
      code: 134,
      stderr: 'mayfly: The program ended by SIGABRT.\n',
    });
  });

  test('limits are told by name', async () => {
    const hungry = write('hungry.py', 'x = bytearray(900_000_000)');
    const memory = await run([hungry, '--limit-memory', '64m']);
    expect(memory.code).not.toBe(0);
    const chatty = write('chatty.py', "while True: print('x' * 1000)");
    const output = await run([chatty, '--limit-output', '10k']);
    expect(output.stderr).toContain('mayfly: The program printed more than its limit.');
    const slow = write('slow.py', 'import time\ntime.sleep(600)');
    expect(await run([slow, '--limit-wall', '500ms'])).toMatchObject({
      code: 124,
      stderr: 'mayfly: The program ran longer than its limit.\n',
    });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s cancels the task, waits for its death and exits with %i',
    async (signal, code) => {
      const file = write(
        'stubborn.py',
        `import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('on', flush=True)
while True: time.sleep(1)`,
      );
      const running = dev.start(['run', file, '--ttl', '10m']);
      await running.shows(/on/);
      const family = descendantsOf(dev.pid).filter(({ name }) => name.startsWith('python'));
      expect(family).not.toEqual([]);
      running.kill(signal);
      expect((await running.end).code).toBe(code);
      expect(survivorsOf(family)).toEqual([]);
      const { items } = await dev.client.list({ type: 'code.run', limit: 1 });
      expect(items[0]).toMatchObject({ status: 'cancelled', description: file });
    },
  );

  test('a reader that has seen enough ends the program', async () => {
    const file = write('forever.py', "while True: print('x' * 100)");
    const running = dev.start(['run', file, '--ttl', '10m']);
    await running.shows(/x/);
    running.stopReading();
    expect((await running.end).code).toBe(141);
    const { items } = await dev.client.list({ type: 'code.run', limit: 1 });
    expect(items[0]?.status).not.toBe('running');
  });

  test('--json prints the finished task and the exit code', async () => {
    const file = write('two.py', "print('out')\nexit(2)");
    const end = await run([file, '--json']);
    expect(end.code).toBe(2);
    expect(JSON.parse(end.stdout)).toMatchObject({
      status: 'completed',
      exitCode: 2,
      result: { verdict: 'nonzero-exit', stdout: 'out\n' },
    });
  });

  test('what cannot be run is 125', async () => {
    const file = write('fine.py', 'print(1)');
    const odd = write('fine.odd', 'print(1)');
    for (const [args, line] of [
      [['nowhere.py'], /^mayfly: nowhere\.py cannot be read: there is no such file\.$/],
      [['.'], /^mayfly: \. cannot be read: it is a folder\.$/],
      [[odd], /^mayfly: It is not known what runs \.odd files\. Name it with --runtime: .*python/],
      [
        [file, '--runtime', 'cobol'],
        /^mayfly: No worker .* offers the runtime cobol\. There are .*python/,
      ],
      [[file, '--ttl', '2d'], /^mayfly: .*ttlMs.*$/],
      [[file, '--server', 'http://127.0.0.1:1'], /^mayfly: No Mayfly server can be reached/],
    ] as const) {
      const end = await run([...args]);
      expect(end).toMatchObject({ code: 125, stdout: '' });
      expect(end.stderr.trimEnd()).toMatch(line);
    }
  });

  test('more stdin than a task takes is refused here', async () => {
    const file = write('fine.py', 'print(1)');
    const end = await run([file], { input: Buffer.alloc(5 * 1024 * 1024) });
    expect(end).toMatchObject({ code: 125, stderr: expect.stringMatching(/Stdin has more than/) });
  });
});

describe.skipIf(!hasPython || !hasC)('a program in C', () => {
  test('is compiled from several files, and run', async () => {
    const main = write(
      'main.c',
      '#include "twice.h"\n#include <stdio.h>\nint main() { printf("%d\\n", twice(21)); return 3; }',
    );
    const files = [
      write('twice.h', 'int twice(int);'),
      write('twice.c', '#include "twice.h"\nint twice(int x) { return 2 * x; }'),
    ];
    const args = [main, '--ttl', '30s', ...files.flatMap((file) => ['--file', file])];
    expect(await run(args)).toMatchObject({ code: 3, stdout: '42\n', stderr: '' });
  });

  test('that does not compile is 1, with what the compiler says', async () => {
    const file = write('broken.c', 'int main() { return nothing; }');
    const end = await run([file, '--ttl', '30s']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toMatch(
      /broken\.c:1:\d+: error: .*nothing[\s\S]*mayfly: The program does not compile\.\n$/,
    );
  });
});
