import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { MayflyError } from '@mayfly/contracts';

const run = promisify(execFile);

const CANDIDATES = ['/usr/bin/bwrap', '/usr/local/bin/bwrap'];
const MIN_VERSION = [0, 8] as const;
const INSTALL = 'sudo apt-get install -y bubblewrap';

/** Path of bwrap; throws `sandbox.unavailable` with the command that installs it. */
export function findBwrap(path?: string): string {
  if (process.platform !== 'linux') throw unavailable('bubblewrap needs Linux.');
  const candidates = path === undefined ? CANDIDATES : [path];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw unavailable(`bubblewrap is not installed at ${candidates.join(' or ')}: ${INSTALL}`);
}

/** Refuses a bwrap that lacks options which the sandbox rests on. */
export async function checkBwrapVersion(path: string): Promise<void> {
  const version = await askVersion(path);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor, minMinor] = MIN_VERSION;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return;
  throw unavailable(
    `bubblewrap ${MIN_VERSION.join('.')} or newer is needed, ${path} is ${version || 'unknown'}: ${INSTALL} on Debian 12, Ubuntu 24.04 or newer.`,
  );
}

async function askVersion(path: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'], { env: {}, timeout: 10_000 });
    return /[\d.]+/u.exec(stdout)?.[0] ?? '';
  } catch (error) {
    throw unavailable(`${path} does not run: ${INSTALL} --reinstall`, error);
  }
}

interface Remedy {
  /** What bwrap says. */
  complaint: RegExp;
  /** A switch of the kernel that has to stand at this value for the remedy to apply. */
  sysctl?: { path: string; value: string };
  advice: string;
}

const NAMESPACE_COMPLAINT = /namespace|uid map|loopback|No permissions/u;

const REMEDIES: readonly Remedy[] = [
  {
    complaint: NAMESPACE_COMPLAINT,
    sysctl: { path: '/proc/sys/kernel/unprivileged_userns_clone', value: '0' },
    advice: 'User namespaces are off: sudo sysctl -w kernel.unprivileged_userns_clone=1',
  },
  {
    complaint: NAMESPACE_COMPLAINT,
    sysctl: { path: '/proc/sys/user/max_user_namespaces', value: '0' },
    advice: 'User namespaces are off: sudo sysctl -w user.max_user_namespaces=15000',
  },
  {
    complaint: NAMESPACE_COMPLAINT,
    sysctl: { path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns', value: '1' },
    advice:
      'AppArmor forbids user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
  {
    complaint: /mount proc/u,
    advice:
      'The container around hides parts of /proc: start it with `--security-opt systempaths=unconfined`',
  },
  {
    complaint: NAMESPACE_COMPLAINT,
    advice:
      'User namespaces are refused; inside Docker start the container with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`',
  },
];

/** One sentence on what to do about a trial run that failed. */
export function explainFailure(complaint: string): string {
  const remedy = REMEDIES.find((candidate) => fits(candidate, complaint));
  const advice = remedy?.advice ?? 'Run `bwrap --ro-bind / / true` by hand to see what is wrong';
  return `${advice}. (${complaint})`;
}

function fits({ complaint, sysctl }: Remedy, said: string): boolean {
  if (!complaint.test(said)) return false;
  if (sysctl === undefined) return true;
  return existsSync(sysctl.path) && readFileSync(sysctl.path, 'utf8').trim() === sysctl.value;
}

function unavailable(detail: string, cause?: unknown): MayflyError {
  return new MayflyError('sandbox.unavailable', detail, { cause });
}
