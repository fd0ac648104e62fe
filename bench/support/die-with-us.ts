import type { ChildProcess } from 'node:child_process';

/** Whatever ends this process, but for `kill -9`, ends the child as well. */
export function dieWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
