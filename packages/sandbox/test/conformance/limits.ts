import { describe, expect, it } from 'vitest';
import { ask, needRuntime, run, textOf, watch, type Lab } from '../support/lab.ts';

const MIB = 1024 * 1024;

const FILL = `
import errno, json, sys
def fill(path):
    written = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while True:
                written += file.write(bytes(65536))
    except OSError as error:
        return [errno.errorcode[error.errno], written]
`;

const FORK_UNTIL_REFUSED = `
import os, sys, time
for count in range(1000):
    try:
        if os.fork() == 0:
            time.sleep(1000)
    except OSError as error:
        print(count, flush=True)
        sys.exit(1)
`;

export function describeLimits(theLab: () => Lab): void {
  const hasCgroups = (): boolean => theLab().sandbox.info.cgroups !== 'none';

  describe('limits', () => {
    it('ends a program at its wall time', async () => {
      const result = await run(theLab(), {
        runtime: 'bash',
        code: 'echo started; sleep 1000',
        limits: { wallMs: 200 },
      });
      expect(result).toMatchObject({
        verdict: 'wall-limit',
        signal: 'SIGKILL',
        stdout: 'started\n',
      });
      expect(result.usage.wallMs).toBeGreaterThanOrEqual(200);
      expect(result.usage.wallMs).toBeLessThan(700);
    });

    it('ends a program at its CPU time, which is that of all its processes', async () => {
      const code = 'for i in 1 2 3; do while :; do :; done & done; wait';
      const result = await run(theLab(), { runtime: 'bash', code, limits: { cpuMs: 300 } });
      expect(result.verdict).toBe('cpu-limit');
      expect(result.usage.cpuMs).toBeGreaterThanOrEqual(300);
      expect(result.usage.cpuMs).toBeLessThan(1000);
    });

    it('measures the CPU time of a program that ends soon', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code =
        'import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass';
      const { usage } = await run(theLab(), { runtime: 'python', code });
      expect(usage.cpuMs).toBeGreaterThanOrEqual(90);
      expect(usage.cpuMs).toBeLessThan(300);
    });

    it('ends a program that takes more memory than it may', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = 'kept = []\nwhile True: kept.append(bytearray(b"x" * (1 << 20)))';
      const limits = { memoryBytes: 64 * MIB, wallMs: 10_000 };
      const result = await run(theLab(), { runtime: 'python', code, limits });
      expect(result.verdict).toBe('memory-limit');
      expect(result.usage.peakMemoryBytes).toBeGreaterThan(48 * MIB);
    });

    it('counts files in the sandbox to the memory of the program', async (context) => {
      if (!hasCgroups()) context.skip();
      const limits = { memoryBytes: 32 * MIB, diskBytes: 256 * MIB, wallMs: 10_000 };
      const code = 'head -c 100M /dev/zero >a; echo "exit $?"';
      const result = await run(theLab(), { runtime: 'bash', code, limits });
      expect(result.verdict).toBe('memory-limit');
    });

    it('lets a program reserve memory that it does not touch', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code =
        'import mmap\nprint(len(mmap.mmap(-1, 64 << 30, flags=mmap.MAP_PRIVATE | 0x4000)))';
      const result = await run(theLab(), { runtime: 'python', code });
      expect(result).toMatchObject({ verdict: 'ok', stdout: `${64 * 1024 ** 3}\n` });
    });

    it('answers a full disk with ENOSPC, in every place that can be written', async (context) => {
      needRuntime(theLab(), 'python', context);
      const limits = { diskBytes: 8 * MIB, memoryBytes: 256 * MIB };
      const code = `${FILL}\nprint(json.dumps([fill("a"), fill("/tmp/a")]))`;
      const result = await run(theLab(), { runtime: 'python', code, limits });
      const [work, tmp] = JSON.parse(textOf(result.stdout)) as [string, number][];
      expect([work?.[0], tmp?.[0]]).toEqual(['ENOSPC', 'ENOSPC']);
      expect(work?.[1]).toBeGreaterThan(7 * MIB);
      expect(Math.max(work?.[1] ?? 0, tmp?.[1] ?? 0)).toBeLessThanOrEqual(8 * MIB);
    });

    it('limits shared memory', async (context) => {
      needRuntime(theLab(), 'python', context);
      const answer = await ask<[string, number]>(
        theLab(),
        `${FILL}\nprint(json.dumps(fill("/dev/shm/a")))`,
      );
      expect(answer[0]).toBe('ENOSPC');
    });

    it('refuses forks above the limit and says so when the program fails of it', async (context) => {
      needRuntime(theLab(), 'python', context);
      const params = { runtime: 'python', code: FORK_UNTIL_REFUSED, limits: { processes: 20 } };
      const result = await run(theLab(), params);
      expect(result).toMatchObject({ exitCode: 1, stdout: '19\n' });
      expect(result.verdict).toBe(hasCgroups() ? 'process-limit' : 'nonzero-exit');
    });

    it('holds a fork bomb, ends it whole, and lets others run meanwhile', async () => {
      const bomb = watch(theLab(), {
        runtime: 'bash',
        code: 'echo boom; bomb() { bomb | bomb & bomb; }; bomb 2>/dev/null',
        limits: { processes: 64 },
      });
      await bomb.printed('boom');
      const neighbour = await run(theLab(), { runtime: 'bash', code: 'echo fine' });
      expect(neighbour).toMatchObject({ verdict: 'ok', stdout: 'fine\n' });
      bomb.kill('wall-limit');
      const { result } = await bomb.done;
      expect(result.verdict).toMatch(/^wall-limit$|^process-limit$/u);
      if (hasCgroups()) expect(result.usage.processes).toBeLessThanOrEqual(64);
    });

    it('limits open files, core dumps and locked memory', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json, resource as r
print(json.dumps([r.getrlimit(name) for name in (r.RLIMIT_NOFILE, r.RLIMIT_CORE, r.RLIMIT_MEMLOCK)]))`;
      const limits = await ask(theLab(), code);
      expect(limits).toEqual([
        [1024, 1024],
        [0, 0],
        [0, 0],
      ]);
    });

    it('limits the compiler on its own', async (context) => {
      needRuntime(theLab(), 'cpp-gcc', context);
      const code = `
template <int N> struct Tree { static const long value = Tree<N - 1>::value + Tree<N - 2>::value; };
template <unsigned long N> constexpr unsigned long spin() {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < N; ++i) sum += i % 7;
  return sum;
}
static_assert(spin<400000000>() > 0);
int main() {}`;
      const compileLimits = { cpuMs: 300 };
      const result = await run(theLab(), { runtime: 'cpp', code, compileLimits });
      expect(result).toMatchObject({ verdict: 'compile-limit', exitCode: null, signal: null });
      expect(result.compile?.signal).toBe('SIGKILL');
    });

    it('does not let a compiler make a giant program', async (context) => {
      needRuntime(theLab(), 'c-gcc', context);
      const code = 'char giant[1ul << 30] = {1};\nint main(void) { return giant[5]; }';
      const result = await run(theLab(), { runtime: 'c', code });
      expect(result.verdict).toMatch(/^compile-(?:error|limit)$/u);
    });

    it('does not let a compiler read without end', async (context) => {
      needRuntime(theLab(), 'c-gcc', context);
      const code = '#include "/dev/zero"\nint main(void) {}';
      const compileLimits = { wallMs: 1000, memoryBytes: 256 * MIB };
      const result = await run(theLab(), { runtime: 'c', code, compileLimits });
      expect(result.verdict).toMatch(/^compile-(?:error|limit)$/u);
    });
  });
}
