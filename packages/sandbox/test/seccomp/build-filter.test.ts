import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/seccomp/bpf-assembler.ts';
import { buildSeccompFilter } from '../../src/seccomp/build-filter.ts';
import { ERRNO, REFUSED } from '../../src/seccomp/policy.ts';
import { FIRST_UNKNOWN_SYSCALL, SYSCALLS } from '../../src/seccomp/syscall-numbers.ts';
import { interpretBpf } from './interpret-bpf.ts';

const ALLOW = 0x7fff_0000;
const errno = (name: keyof typeof ERRNO): number => 0x0005_0000 + ERRNO[name];

const ARCHES = [
  { arch: 'x64', audit: 0xc000_003e, read: 0, openat: 257, execve: 59 },
  { arch: 'arm64', audit: 0xc000_00b7, read: 63, openat: 56, execve: 221 },
] as const;

const I386 = 0x4000_0003;

describe.each(ARCHES)('seccomp filter for $arch', ({ arch, audit, read, openat, execve }) => {
  const filter = buildSeccompFilter(arch);
  const answer = (number: number, ...args: bigint[]): number =>
    interpretBpf(filter, { arch: audit, number, args });
  const numberOf = (name: keyof typeof SYSCALLS): number => {
    const number = SYSCALLS[name][arch];
    if (number === null) throw new Error(`${arch} has no ${name}.`);
    return number;
  };

  it('allows what every program does', () => {
    for (const number of [read, openat, execve]) expect(answer(number)).toBe(ALLOW);
  });

  it('refuses every call of the deny list with its error number', () => {
    for (const { calls, errno: name } of REFUSED) {
      for (const call of calls) {
        const number = SYSCALLS[call][arch];
        if (number !== null) expect([call, answer(number)]).toEqual([call, errno(name)]);
      }
    }
  });

  it('allows every known call that no rule names', () => {
    const named = new Set(Object.values(SYSCALLS).map((numbers) => numbers[arch]));
    for (let number = 0; number < FIRST_UNKNOWN_SYSCALL; number += 1) {
      if (!named.has(number)) expect([number, answer(number)]).toEqual([number, ALLOW]);
    }
  });

  it('refuses calls that are newer than the list', () => {
    expect(answer(FIRST_UNKNOWN_SYSCALL - 1)).toBe(ALLOW);
    for (const number of [FIRST_UNKNOWN_SYSCALL, 500, 0x4000_0000 + read, 0xffff_ffff]) {
      expect(answer(number)).toBe(errno('ENOSYS'));
    }
  });

  it('refuses calls of another architecture, whatever their number', () => {
    const other = ARCHES.find((candidate) => candidate.arch !== arch)?.audit ?? 0;
    for (const foreign of [I386, other, 0]) {
      expect(interpretBpf(filter, { arch: foreign, number: read })).toBe(errno('ENOSYS'));
    }
  });

  it('tells forks from new namespaces', () => {
    const clone = numberOf('clone');
    const sigchld = 17n;
    const thread = 0x3d_0f00n;
    expect(answer(clone, sigchld)).toBe(ALLOW);
    expect(answer(clone, thread)).toBe(ALLOW);
    for (const bit of [
      0x2_0000n,
      0x200_0000n,
      0x400_0000n,
      0x800_0000n,
      0x1000_0000n,
      0x2000_0000n,
      0x4000_0000n,
    ]) {
      expect(answer(clone, bit | sigchld)).toBe(errno('EPERM'));
    }
    // The kernel drops the high half of the flags, so it must not hide the low one.
    expect(answer(clone, 0xffff_ffff_0000_0000n | 0x1000_0000n)).toBe(errno('EPERM'));
  });

  it('allows local and internet sockets only', () => {
    for (const call of ['socket', 'socketpair'] as const) {
      for (const family of [1n, 2n, 10n]) expect(answer(numberOf(call), family, 1n)).toBe(ALLOW);
      for (const family of [0n, 16n, 17n, 38n, 40n, 0xffff_ffffn]) {
        expect(answer(numberOf(call), family, 1n)).toBe(errno('EAFNOSUPPORT'));
      }
    }
  });

  it('refuses to push input into terminals', () => {
    const ioctl = numberOf('ioctl');
    expect(answer(ioctl, 0n, 0x5401n)).toBe(ALLOW);
    for (const command of [0x5412n, 0x541cn, 0x1_0000_5412n]) {
      expect(answer(ioctl, 0n, command)).toBe(errno('EPERM'));
    }
  });

  it('keeps the personality as it is', () => {
    const personality = numberOf('personality');
    expect(answer(personality, 0n)).toBe(ALLOW);
    expect(answer(personality, 0xffff_ffffn)).toBe(ALLOW);
    expect(answer(personality, 0x4_0000n)).toBe(errno('EPERM'));
  });

  it('has the numbers of the kernel headers, where they are installed', (context) => {
    const path =
      arch === 'x64'
        ? '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'
        : '/usr/include/asm-generic/unistd.h';
    if (!existsSync(path)) context.skip();
    const header = readFileSync(path, 'utf8');
    for (const [name, numbers] of Object.entries(SYSCALLS)) {
      const found = new RegExp(`#define __NR(?:3264)?_${name}\\s+(\\d+)$`, 'mu').exec(header)?.[1];
      expect([name, numbers[arch]]).toEqual([name, found === undefined ? null : Number(found)]);
    }
  });
});

describe('BPF assembler', () => {
  it('refuses a jump to nowhere, backward or too far', () => {
    const jump = { op: 'jump', test: 'equal', value: 1, yes: 'there' } as const;
    const there = { op: 'label', name: 'there' } as const;
    const end = { op: 'return', value: 0 } as const;
    expect(() => assemble([jump, end])).toThrow('There is no label there.');
    expect(() => assemble([there, jump, end])).toThrow('out of reach');
    const far = Array.from({ length: 256 }, () => end);
    expect(() => assemble([jump, ...far, there, end])).toThrow('out of reach');
    expect(() => assemble([there, there, end])).toThrow('is twice');
  });
});
