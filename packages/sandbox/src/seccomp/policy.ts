import type { SyscallName } from './syscall-numbers.ts';

/** Error numbers; the same on both architectures. */
export const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

export type ErrnoName = keyof typeof ERRNO;

export interface Refusal {
  calls: readonly SyscallName[];
  errno: ErrnoName;
}

/**
 * Calls refused whatever their arguments. Namespaces do not cover these kernel objects, or a
 * program has no use for them while kernel bugs do. Everything that is not named is allowed.
 * ENOSYS makes libraries fall back to an older call where there is one.
 */
export const REFUSED: readonly Refusal[] = [
  // Keyrings and asynchronous I/O are shared between sandboxes of one user.
  { calls: ['keyctl', 'add_key', 'request_key'], errno: 'EPERM' },
  { calls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'], errno: 'ENOSYS' },
  // Its flags lie in memory, where a filter cannot see them; `clone` has them in a register.
  { calls: ['clone3'], errno: 'ENOSYS' },
  // Code or sampling inside the kernel.
  { calls: ['bpf', 'perf_event_open', 'userfaultfd', 'lookup_dcookie'], errno: 'EPERM' },
  { calls: ['init_module', 'finit_module', 'delete_module'], errno: 'EPERM' },
  { calls: ['create_module', 'get_kernel_syms', 'query_module'], errno: 'ENOSYS' },
  { calls: ['kexec_load', 'kexec_file_load', 'reboot', 'syslog'], errno: 'EPERM' },
  // Other processes' insides.
  { calls: ['ptrace', 'process_vm_readv', 'process_vm_writev', 'kcmp'], errno: 'EPERM' },
  { calls: ['pidfd_getfd', 'process_madvise', 'migrate_pages', 'move_pages'], errno: 'EPERM' },
  // Namespaces and mounts.
  { calls: ['unshare', 'setns', 'chroot', 'pivot_root', 'mount', 'umount2'], errno: 'EPERM' },
  { calls: ['move_mount', 'fsopen', 'fsconfig', 'fsmount', 'fspick'], errno: 'EPERM' },
  { calls: ['open_tree', 'mount_setattr', 'fanotify_init'], errno: 'EPERM' },
  { calls: ['open_by_handle_at', 'name_to_handle_at'], errno: 'EPERM' },
  // The machine as a whole.
  { calls: ['swapon', 'swapoff', 'acct', 'quotactl', 'quotactl_fd', 'vhangup'], errno: 'EPERM' },
  { calls: ['settimeofday', 'clock_settime', 'adjtimex', 'clock_adjtime'], errno: 'EPERM' },
  { calls: ['sethostname', 'setdomainname', 'iopl', 'ioperm', 'modify_ldt'], errno: 'EPERM' },
  // Left from long ago, or memory that nobody accounts.
  { calls: ['_sysctl', 'sysfs', 'ustat', 'uselib', 'nfsservctl', 'memfd_secret'], errno: 'ENOSYS' },
];

/** A call that depends on one argument, of which the kernel reads the low 32 bits only. */
export interface ArgumentRule {
  call: SyscallName;
  argument: number;
  /** `allow-only`: other values are refused; `refuse`: these are; `refuse-bits`: any of them set. */
  mode: 'allow-only' | 'refuse' | 'refuse-bits';
  values: readonly number[];
  errno: ErrnoName;
}

const NEW_NAMESPACE_FLAGS = [
  0x0002_0000, // CLONE_NEWNS
  0x0200_0000, // CLONE_NEWCGROUP
  0x0400_0000, // CLONE_NEWUTS
  0x0800_0000, // CLONE_NEWIPC
  0x1000_0000, // CLONE_NEWUSER
  0x2000_0000, // CLONE_NEWPID
  0x4000_0000, // CLONE_NEWNET
];

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** Vsock, packet, netlink, crypto and all other families reach what no namespace covers. */
const FAMILIES = [AF_UNIX, AF_INET, AF_INET6];

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const LINUX_PERSONALITY = 0;
const ASK_PERSONALITY = 0xffff_ffff;

export const ARGUMENT_RULES: readonly ArgumentRule[] = [
  {
    call: 'clone',
    argument: 0,
    mode: 'refuse-bits',
    values: NEW_NAMESPACE_FLAGS,
    errno: 'EPERM',
  },
  { call: 'socket', argument: 0, mode: 'allow-only', values: FAMILIES, errno: 'EAFNOSUPPORT' },
  { call: 'socketpair', argument: 0, mode: 'allow-only', values: FAMILIES, errno: 'EAFNOSUPPORT' },
  // Both push input into a terminal, as if its owner had typed it.
  { call: 'ioctl', argument: 1, mode: 'refuse', values: [TIOCSTI, TIOCLINUX], errno: 'EPERM' },
  {
    call: 'personality',
    argument: 0,
    mode: 'allow-only',
    values: [LINUX_PERSONALITY, ASK_PERSONALITY],
    errno: 'EPERM',
  },
];
