import { describe, expect, it } from 'vitest';
import { ask, needRuntime, run, type Lab } from '../support/lab.ts';

const WRITE_EVERYWHERE = `
import json, os
written = []
for folder in ["/", "/usr", "/usr/bin", "/etc", "/dev", "/run", "/bin", "/lib", "/opt", "/proc/self"]:
    try:
        open(folder + "/mayfly-was-here", "w").close()
        written.append(folder)
    except OSError:
        pass
for root, folders, files in os.walk("/proc/sys"):
    for name in files:
        try:
            os.close(os.open(os.path.join(root, name), os.O_WRONLY))
            written.append(os.path.join(root, name))
        except OSError:
            pass
for path in ["/proc/sysrq-trigger", "/proc/1/mem", "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/mtrr"]:
    try:
        os.close(os.open(path, os.O_WRONLY))
        written.append(path)
    except OSError:
        pass
print(json.dumps(written))
`;

const CALL = `
import ctypes, errno, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    done = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(arg) for arg in args])
    return "done" if done >= 0 else errno.errorcode[ctypes.get_errno()]
`;

const OPEN_SOCKET = `
def open_socket(family, kind):
    try:
        socket.socket(family, kind).close()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
`;

/** System calls that must be refused, with numbers of x64, arguments that would work, and the answer. */
const REFUSED_CALLS: [name: string, number: number, args: number[], answer: string][] = [
  ['keyctl', 250, [0, -3, 1], 'EPERM'],
  ['add_key', 248, [0, 0, 0, 0, 0], 'EPERM'],
  ['io_uring_setup', 425, [1, 0], 'ENOSYS'],
  ['bpf', 321, [0, 0, 0], 'EPERM'],
  ['perf_event_open', 298, [0, 0, -1, -1, 0], 'EPERM'],
  ['userfaultfd', 323, [0], 'EPERM'],
  ['ptrace', 101, [16, 1, 0, 0], 'EPERM'],
  ['process_vm_readv', 310, [1, 0, 0, 0, 0, 0], 'EPERM'],
  ['unshare(user)', 272, [0x1000_0000], 'EPERM'],
  ['unshare(mount)', 272, [0x2_0000], 'EPERM'],
  ['clone(user)', 56, [0x1000_0011, 0, 0, 0, 0], 'EPERM'],
  ['clone3', 435, [0, 0], 'ENOSYS'],
  ['setns', 308, [0, 0], 'EPERM'],
  ['mount', 165, [0, 0, 0, 0, 0], 'EPERM'],
  ['personality', 135, [0x4_0000], 'EPERM'],
  ['memfd_secret', 447, [0], 'ENOSYS'],
  ['an unknown call', 500, [], 'ENOSYS'],
  ['getpid of x32', 0x4000_0027, [], 'ENOSYS'],
];

const TIOCSTI = `
import fcntl, pty, termios
parent, child = pty.openpty()
try:
    fcntl.ioctl(child, termios.TIOCSTI, b"x")
    print('"done"')
except OSError as error:
    print(json.dumps(errno.errorcode[error.errno]))
`;

const INT_80 = `
#include <stdio.h>
int main(void) {
  int pid;
  __asm__ volatile("int $0x80" : "=a"(pid) : "a"(20) : "memory");
  printf("%d\\n", pid);
}
`;

const ROOT_ENTRIES = new Set(
  'bin dev etc lib lib32 lib64 libx32 opt proc run sbin tmp usr work'.split(' '),
);

const ETC_ENTRIES = new Set('alternatives group hosts ld.so.cache passwd'.split(' '));

export function describeGuards(theLab: () => Lab): void {
  describe('guards', () => {
    it('has nothing to write but its own folders', async (context) => {
      needRuntime(theLab(), 'python', context);
      expect(await ask(theLab(), WRITE_EVERYWHERE)).toEqual([]);
    });

    it('gives programs the same small environment everywhere', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json, os
first = open("/proc/1/environ").read().split("\\0")
print(json.dumps([dict(os.environ), sorted(filter(None, first))]))`;
      const [own, first] = await ask<[Record<string, string>, string[]]>(theLab(), code);
      const { PWD, HOME, LANG, PATH, ...rest } = own;
      expect({ PWD, HOME, LANG, PATH }).toEqual({
        PWD: '/work',
        HOME: '/work',
        LANG: 'C.UTF-8',
        PATH: '/usr/local/bin:/usr/bin:/bin',
      });
      // Python adds the first one, bash the others where it is the shell of the system.
      const harmless = new Set(['LC_CTYPE', 'SHLVL', 'OLDPWD', '_']);
      expect(Object.keys(rest).filter((name) => !harmless.has(name))).toEqual([]);
      expect(first.every((pair) => /^(?:PWD|HOME|LANG|PATH)=/u.test(pair))).toBe(true);
    });

    it('hands on no descriptor but the three', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json, os
def is_open(fd):
    try:
        return os.fstat(fd) is not None
    except OSError:
        return False
print(json.dumps([fd for fd in range(1024) if is_open(fd)]))`;
      expect(await ask(theLab(), code)).toEqual([0, 1, 2]);
    });

    it('takes all privileges away', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json, os
lines = [line.partition(":") for line in open("/proc/self/status")]
status = {name: value.strip() for name, _, value in lines}
names = ["CapEff", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"]
print(json.dumps([{name: status[name] for name in names}, os.getuid(), os.getgid(), os.uname().nodename]))`;
      expect(await ask(theLab(), code)).toEqual([
        {
          CapEff: '0000000000000000',
          CapPrm: '0000000000000000',
          CapBnd: '0000000000000000',
          CapAmb: '0000000000000000',
          NoNewPrivs: '1',
          Seccomp: '2',
        },
        1000,
        1000,
        'sandbox',
      ]);
    });

    it('shows no other process and no file of the host but its tools', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json, os
pids = [name for name in os.listdir("/proc") if name.isdigit()]
print(json.dumps([len(pids), sorted(os.listdir("/")), sorted(os.listdir("/etc")), os.listdir(".")]))`;
      const [processes, root, etc, work] = await ask<[number, string[], string[], string[]]>(
        theLab(),
        code,
      );
      expect(processes).toBeLessThanOrEqual(3);
      expect(root.filter((name) => !ROOT_ENTRIES.has(name))).toEqual([]);
      expect(etc.filter((name) => !ETC_ENTRIES.has(name))).toEqual([]);
      expect(work).toEqual(['main.py']);
    });

    it('tells nothing about how the machine was started and whose keys it holds', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import json
def read(path):
    try:
        return open(path).read()
    except OSError:
        return ""
print(json.dumps([read("/proc/" + name) for name in ("cmdline", "keys", "key-users")]))`;
      expect(await ask(theLab(), code)).toEqual(['', '', '']);
    });

    it('has no network but its own loopback', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `
import errno, json, socket
def connect(address):
    try:
        socket.create_connection(address, timeout=2).close()
        return "done"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
server = socket.create_server(("127.0.0.1", 0))
print(json.dumps([connect(("1.1.1.1", 53)), connect(("169.254.169.254", 80)), connect(server.getsockname())]))`;
      expect(await ask(theLab(), code)).toEqual(['ENETUNREACH', 'ENETUNREACH', 'done']);
    });

    it('refuses the system calls of the deny list', async (context) => {
      needRuntime(theLab(), 'python', context);
      if (process.arch !== 'x64') context.skip();
      const calls = REFUSED_CALLS.map(
        ([, number, args]) => `call(${[number, ...args].join(', ')})`,
      );
      const answers = await ask<string[]>(
        theLab(),
        `${CALL}\nprint(json.dumps([${calls.join(', ')}]))`,
      );
      const named = REFUSED_CALLS.map(([name], index) => [name, answers[index]]);
      expect(named).toEqual(REFUSED_CALLS.map(([name, , , answer]) => [name, answer]));
    });

    it('refuses kinds of sockets that leave the sandbox', async (context) => {
      needRuntime(theLab(), 'python', context);
      const code = `${CALL}\n${OPEN_SOCKET}
unix, inet, netlink, packet, alg, vsock = 1, 2, 16, 17, 38, 40
print(json.dumps([open_socket(*kind) for kind in
  [(unix, 1), (inet, 1), (vsock, 1), (packet, 3), (netlink, 3), (alg, 5)]]))`;
      const refused = 'EAFNOSUPPORT';
      expect(await ask(theLab(), code)).toEqual([
        'done',
        'done',
        refused,
        refused,
        refused,
        refused,
      ]);
    });

    it('refuses to push input into a terminal', async (context) => {
      needRuntime(theLab(), 'python', context);
      expect(await ask(theLab(), `${CALL}\n${TIOCSTI}`)).toBe('EPERM');
    });

    it('refuses system calls of the 32-bit ABI', async (context) => {
      needRuntime(theLab(), 'c-gcc', context);
      if (process.arch !== 'x64') context.skip();
      const enosys = 38;
      const result = await run(theLab(), { runtime: 'c', code: INT_80 });
      expect(result).toMatchObject({ verdict: 'ok', stdout: `${-enosys}\n` });
    });

    it('keeps variables of the program out of what starts it', async () => {
      const env = { LD_PRELOAD: '/work/none.so', PATH: '/nowhere', ENV: '/work/main.sh', IFS: 'x' };
      const code = 'echo "$LD_PRELOAD $PATH"';
      const result = await run(theLab(), { runtime: 'bash', code, env });
      expect(result).toMatchObject({ verdict: 'ok', stdout: '/work/none.so /nowhere\n' });
    });

    it('outlives a program that kills everything in sight', async () => {
      const result = await run(theLab(), {
        runtime: 'bash',
        code: 'kill -9 1; kill -9 -1; echo alive; exit 4',
      });
      expect(result).toMatchObject({ verdict: 'nonzero-exit', exitCode: 4, stdout: 'alive\n' });
    });

    it('starts every run with empty folders', async () => {
      const code = 'ls -A /tmp /dev/shm; touch /tmp/x /dev/shm/x x';
      await run(theLab(), { runtime: 'bash', code });
      const second = await run(theLab(), { runtime: 'bash', code });
      expect(second.stdout).toBe('/dev/shm:\n\n/tmp:\n');
    });
  });
}
