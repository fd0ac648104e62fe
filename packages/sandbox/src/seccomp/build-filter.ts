import { assemble, type Instruction } from './bpf-assembler.ts';
import { ARGUMENT_RULES, ERRNO, REFUSED, type ArgumentRule, type ErrnoName } from './policy.ts';
import { FIRST_UNKNOWN_SYSCALL, SYSCALLS, type FilterArch } from './syscall-numbers.ts';

/** Offsets in the kernel's `struct seccomp_data`. */
const NUMBER_OFFSET = 0;
const ARCH_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;

const RETURN_ALLOW = 0x7fff_0000;
const RETURN_ERRNO = 0x0005_0000;

/** The kernel's names of the instruction sets; a call from any other one is foreign. */
const AUDIT_ARCH: Record<FilterArch, number> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };

/** True when there is a system call table for this architecture (`process.arch`). */
export function isFilterArch(arch: string): arch is FilterArch {
  return Object.hasOwn(AUDIT_ARCH, arch);
}

/**
 * Builds the seccomp program of every sandbox: foreign ABIs, unknown calls and the deny list get
 * an error number, the rest is allowed.
 */
export function buildSeccompFilter(arch: FilterArch): Uint8Array {
  return assemble([
    { op: 'load', offset: ARCH_OFFSET },
    { op: 'jump', test: 'equal', value: AUDIT_ARCH[arch], yes: 'native' },
    refuse('ENOSYS'),
    { op: 'label', name: 'native' },
    { op: 'load', offset: NUMBER_OFFSET },
    // The x32 ABI sets bit 30 of the number, so it falls under this as well.
    { op: 'jump', test: 'at-least', value: FIRST_UNKNOWN_SYSCALL, no: 'known' },
    refuse('ENOSYS'),
    { op: 'label', name: 'known' },
    ...REFUSED.flatMap(({ calls, errno }) =>
      calls.flatMap((call) => refuseCall(SYSCALLS[call][arch], errno)),
    ),
    ...ARGUMENT_RULES.flatMap((rule) => checkArgument(SYSCALLS[rule.call][arch], rule)),
    { op: 'return', value: RETURN_ALLOW },
  ]);
}

function refuse(errno: ErrnoName): Instruction {
  return { op: 'return', value: RETURN_ERRNO | ERRNO[errno] };
}

function refuseCall(number: number | null, errno: ErrnoName): Instruction[] {
  if (number === null) return [];
  const next = `after call ${number}`;
  return [
    { op: 'jump', test: 'equal', value: number, no: next },
    refuse(errno),
    { op: 'label', name: next },
  ];
}

function checkArgument(number: number | null, rule: ArgumentRule): Instruction[] {
  if (number === null) return [];
  const next = `after call ${number}`;
  const match = `match of call ${number}`;
  const allow: Instruction = { op: 'return', value: RETURN_ALLOW };
  const [onMatch, otherwise] =
    rule.mode === 'allow-only' ? [allow, refuse(rule.errno)] : [refuse(rule.errno), allow];
  const test = rule.mode === 'refuse-bits' ? 'any-bit' : 'equal';
  return [
    { op: 'jump', test: 'equal', value: number, no: next },
    { op: 'load', offset: ARGUMENTS_OFFSET + rule.argument * ARGUMENT_BYTES },
    ...rule.values.map((value): Instruction => ({ op: 'jump', test, value, yes: match })),
    otherwise,
    { op: 'label', name: match },
    onMatch,
    { op: 'label', name: next },
  ];
}
