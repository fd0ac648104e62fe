import { describe, expect, it } from 'vitest';
import { needRuntime, run, timeEnd, waitUntilEmpty, watch, type Lab } from '../support/lab.ts';
import type { SandboxUnderTest } from '../conformance.ts';

/** Generous for a busy machine; the usual is about 10 ms. */
const PROMPT_MS = 1000;

const IGNORE_ALL = `
import signal
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
while True: pass
`;

const STUBBORN: { name: string; runtime: string; code: string }[] = [
  { name: 'ignores every signal', runtime: 'python', code: IGNORE_ALL },
  {
    name: 'has daemons in sessions of their own',
    runtime: 'bash',
    code: 'for i in 1 2 3; do setsid setsid sleep 1000 & done; echo ready; exec sleep 1000',
  },
  {
    name: 'has stopped itself',
    runtime: 'bash',
    code: '(sleep 0.05; echo ready) & kill -STOP $$; sleep 1000',
  },
  {
    name: 'waits for input that never comes',
    runtime: 'bash',
    code: 'echo ready; sleep 1000 | cat',
  },
];

export function describeStopping(theLab: () => Lab, underTest: SandboxUnderTest): void {
  describe('stopping', () => {
    for (const { name, runtime, code } of STUBBORN) {
      it(`kills a program that ${name}`, async (context) => {
        needRuntime(theLab(), runtime, context);
        const run = watch(theLab(), { runtime, code });
        await run.printed('ready\n');
        run.kill('wall-limit');
        const { elapsedMs, result } = await timeEnd(run.done);
        expect(result).toMatchObject({
          verdict: 'wall-limit',
          signal: 'SIGKILL',
          stdout: 'ready\n',
        });
        expect(result.usage.cpuMs).not.toBeNull();
        expect(elapsedMs).toBeLessThan(PROMPT_MS);
      });
    }

    it('kills a program after a soft signal that it ignores', async (context) => {
      needRuntime(theLab(), 'python', context);
      const run = watch(theLab(), { runtime: 'python', code: IGNORE_ALL });
      await run.printed('ready\n');
      run.terminate('cancelled');
      run.kill('wall-limit');
      const { result } = await timeEnd(run.done);
      expect(result).toMatchObject({ verdict: 'cancelled', signal: 'SIGKILL' });
    });

    it('ends with the main program, although a daemon holds its output open', async () => {
      const code = 'setsid sleep 1000 & (setsid sh -c "sleep 1000; echo late") & echo main; exit 3';
      const { elapsedMs, result } = await timeEnd(
        theLab().runner.start({ runtime: 'bash', code }).done,
      );
      expect(result).toMatchObject({ verdict: 'nonzero-exit', exitCode: 3, stdout: 'main\n' });
      expect(elapsedMs).toBeLessThan(PROMPT_MS);
    });

    it('sends the soft signal to the program, and only to it', async () => {
      // The child answers once the program has got the signal: had it come to both, both know.
      const code = `
        trap 'kill -WINCH $!; wait $!; echo bye; exit 0' TERM
        (told=no; trap 'told=yes' TERM; trap 'echo "child told: $told"; exit' WINCH
         echo ready; while :; do sleep 0.01; done) &
        while :; do sleep 0.01; done`;
      const run = watch(theLab(), { runtime: 'bash', code });
      await run.printed('ready\n');
      run.terminate('cancelled');
      const { result } = await timeEnd(run.done);
      const stdout = 'ready\nchild told: no\nbye\n';
      expect(result).toMatchObject({ verdict: 'ok', exitCode: 0, stdout });
    });

    it.each([
      ['dies of', 'echo ready; exec sleep 1000', { exitCode: null, signal: 'SIGTERM' }],
      [
        'fails after',
        'trap "exit 9" TERM; echo ready; while :; do sleep 0.01; done',
        { exitCode: 9, signal: null },
      ],
    ])('says who ended a program that %s the soft signal', async (_, code, end) => {
      const run = watch(theLab(), { runtime: 'bash', code });
      await run.printed('ready\n');
      run.terminate('cancelled');
      expect((await run.done).result).toMatchObject({ verdict: 'cancelled', ...end });
    });

    it('never starts a program that is stopped at once', async () => {
      const run = theLab().runner.start({ runtime: 'bash', code: 'echo never' });
      run.terminate('cancelled');
      const { elapsedMs, result } = await timeEnd(run.done);
      expect(result).toMatchObject({ verdict: 'cancelled', exitCode: null, stdout: '' });
      expect(elapsedMs).toBeLessThan(PROMPT_MS);
    });

    it.each(['terminate', 'kill'] as const)('stops a compiler: %s', async (how) => {
      const code =
        'constexpr long spin() { long n = 0; while (n < 1L << 60) ++n; return n; }\nstatic_assert(spin());\nint main() {}';
      const run = theLab().runner.start({ runtime: 'cpp', code });
      // A program of its own tells when a sandbox started after this one has got its turn.
      await theLab().runner.start({ runtime: 'bash', code: 'true' }).done;
      run[how]('cancelled');
      const { elapsedMs, result } = await timeEnd(run.done);
      expect(result).toMatchObject({ verdict: 'cancelled', exitCode: null });
      expect(elapsedMs).toBeLessThan(PROMPT_MS);
    });

    it('leaves nothing behind when killed at any moment of its start', async () => {
      for (let round = 0; round < 60; round += 1) {
        const run = theLab().runner.start({
          runtime: 'bash',
          code: 'setsid sleep 1000 & sleep 1000',
        });
        const until = performance.now() + (round % 12) / 2;
        while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
        run.kill('cancelled');
        const { elapsedMs, result } = await timeEnd(run.done);
        expect(result.verdict).toBe('cancelled');
        expect(elapsedMs).toBeLessThan(PROMPT_MS);
      }
      expect(await waitUntilEmpty(underTest.listLeftovers)).toEqual([]);
    });

    it('runs thirty programs at once, each with its own answer', async () => {
      const numbers = Array.from({ length: 30 }, (_, index) => index);
      const results = await Promise.all(
        numbers.map((number) =>
          run(theLab(), { runtime: 'bash', code: `echo $((${number} * 2))` }),
        ),
      );
      expect(results.map((result) => result.stdout)).toEqual(numbers.map((n) => `${n * 2}\n`));
      expect(await waitUntilEmpty(underTest.listLeftovers)).toEqual([]);
    });

    it('takes being stopped twice, or after the end', async () => {
      const run = theLab().runner.start({ runtime: 'bash', code: 'true' });
      const { result } = await run.done;
      run.terminate('cancelled');
      run.kill('wall-limit');
      expect(result.verdict).toBe('ok');
    });
  });
}
