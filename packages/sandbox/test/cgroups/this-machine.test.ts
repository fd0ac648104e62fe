import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '@mayfly/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { detectGroupHost } from '../../src/cgroups/detect.ts';
import { PolledHost } from '../../src/cgroups/polled.ts';
import type { RunGroup } from '../../src/cgroups/run-group.ts';
import { retryUntil } from '../../src/retry-until.ts';

const host = detectGroupHost(process.geteuid?.() === 0);
const LIMITS = { memoryBytes: 64 * 1024 * 1024, processes: 50 };

/** Enters a group, says so, waits for a line, and does something. */
const ENTER = 'for file in "$@"; do echo 0 >"$file"; done; echo in; read -r go;';

const FAMILY =
  'for i in 1 2 3 4 5; do setsid sh -c "sleep 1000 & sleep 1000" & done; echo forked; wait';

interface Member {
  child: ChildProcessByStdio<Writable, Readable, null>;
  /** Lets it go on, now that it is in the group. */
  go: () => void;
}

async function startIn(group: RunGroup, code: string): Promise<Member> {
  const args = ['-c', `${ENTER} ${code}`, 'sh', ...group.admit(null)];
  const child = spawn('/bin/sh', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await group.add(child.pid ?? 0);
  return { child, go: () => child.stdin.write('go\n') };
}

describe.skipIf(host instanceof PolledHost)('cgroups of this machine', () => {
  afterAll(() => host.close());

  it('kills processes that no pid namespace and no session holds together', async () => {
    const group = host.create(LIMITS);
    const { child, go } = await startIn(group, FAMILY);
    go();
    await once(child.stdout, 'data');
    expect(group.sample().processes).toBeGreaterThan(5);
    const closed = once(child, 'close');
    expect(await retryUntil(systemClock, 5000, () => group.kill())).toBe(true);
    // The output ends when the last process that holds it is dead.
    await closed;
    expect(await retryUntil(systemClock, 5000, () => group.remove())).toBe(true);
  });

  it('kills stopped processes', async () => {
    const group = host.create(LIMITS);
    const { child, go } = await startIn(group, 'kill -STOP $$');
    const exited = once(child, 'exit');
    go();
    await retryUntil(systemClock, 5000, () => group.kill());
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(await retryUntil(systemClock, 5000, () => group.remove())).toBe(true);
  });

  it('takes a process that is gone already', async () => {
    const group = host.create(LIMITS);
    const child = spawn('/bin/true', { stdio: 'ignore' });
    await once(child, 'exit');
    await group.add(child.pid ?? 0);
    expect(group.kill()).toBe(true);
    expect(group.remove()).toBe(true);
  });
});
