import { describe, expect, it } from 'vitest';
import { needRuntime, run, textOf, watch, type Lab } from '../support/lab.ts';

const MIB = 1024 * 1024;

export function describeOutput(theLab: () => Lab): void {
  describe('input and output', () => {
    it('keeps bytes that are no text', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code =
        'import sys\nsys.stdout.buffer.write(bytes(range(256)))\nsys.stderr.write("a\\0b")';
      const result = await run(theLab(), { runtime: 'python', code });
      const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      expect(result.stdout).toEqual({ base64: everyByte.toString('base64') });
      expect(result.stderr).toBe('a\0b');
    });

    it('keeps output up to the limit and ends a program that prints more', async () => {
      const outputBytes = 100_000;
      const result = await run(theLab(), {
        runtime: 'bash',
        code: 'echo first >&2; head -c 10000000 /dev/zero | tr "\\0" x; sleep 1000',
        limits: { outputBytes },
      });
      expect(result).toMatchObject({ verdict: 'output-limit', stdoutTruncated: true });
      expect(result.stderrTruncated).toBe(false);
      expect(textOf(result.stdout).length).toBe(outputBytes - 'first\n'.length);
      expect(textOf(result.stdout)).toMatch(/^x+$/u);
    });

    it('keeps text as text when the limit cuts a character', async () => {
      const code = 'while :; do echo -n €; done';
      const result = await run(theLab(), { runtime: 'bash', code, limits: { outputBytes: 1000 } });
      expect(result).toMatchObject({ verdict: 'output-limit', stdout: '€'.repeat(333) });
    });

    it('passes output on as it comes', async () => {
      const run = watch(theLab(), { runtime: 'bash', code: 'echo one; echo two >&2; sleep 1000' });
      await run.printed('one\n');
      await run.printed('two\n');
      run.kill('cancelled');
      expect((await run.done).result).toMatchObject({ stdout: 'one\n', stderr: 'two\n' });
    });

    it('gives programs a standard input, output and error that they can open by path', async () => {
      const code = 'echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin';
      const result = await run(theLab(), { runtime: 'bash', code, stdin: 'in\n' });
      expect(result).toMatchObject({ verdict: 'ok', stdout: 'out\nin\n', stderr: 'err\n' });
    });

    it('does not mind standard input that nobody reads', async () => {
      const stdin = { base64: Buffer.alloc(4 * MIB, 7).toString('base64') };
      const unread = await run(theLab(), { runtime: 'bash', code: 'exec <&-; echo done', stdin });
      expect(unread).toMatchObject({ verdict: 'ok', stdout: 'done\n' });
      const read = await run(theLab(), { runtime: 'bash', code: 'wc -c', stdin });
      expect(textOf(read.stdout).trim()).toBe(String(4 * MIB));
    });

    it('reads an empty standard input as its end', async () => {
      const result = await run(theLab(), { runtime: 'bash', code: 'cat; echo end' });
      expect(result).toMatchObject({ verdict: 'ok', stdout: 'end\n' });
    });

    it('tells an exit code from a signal of the same number', async () => {
      const exit = await run(theLab(), { runtime: 'bash', code: 'exit 137' });
      expect(exit).toMatchObject({ verdict: 'nonzero-exit', exitCode: 137, signal: null });
      const signal = await run(theLab(), { runtime: 'bash', code: 'kill -9 $$' });
      expect(signal).toMatchObject({ verdict: 'signalled', exitCode: null, signal: 'SIGKILL' });
    });

    it.each(['SIGSEGV', 'SIGABRT', 'SIGTERM', 'SIGPIPE', 'SIGINT', 'SIGHUP'])(
      'names the signal that ended a program: %s',
      async (signal) => {
        const result = await run(theLab(), { runtime: 'bash', code: `kill -s ${signal} $$` });
        expect(result).toMatchObject({ verdict: 'signalled', exitCode: null, signal });
      },
    );

    it('puts nothing of its own into the output of a program that dies', async () => {
      const result = await run(theLab(), {
        runtime: 'bash',
        code: 'echo last words; kill -SEGV $$',
      });
      expect(result).toMatchObject({ stdout: 'last words\n', stderr: '' });
    });
  });
}
